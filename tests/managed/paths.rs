// The rows of the table. This file is included twice, after the names of the models with managed fields and after those of
// the models without them.

/// Stores the documents that the writes find. All were written long ago, and have version 5.
pub(crate) async fn store(db: &Database) {
    store_each::<Note>(db, [1, 2, 3].map(|id| doc! { "_id": id, "text": format!("note {id}"), "mark": id })).await;
    store_each::<Draft>(db, [1, 2].map(|id| doc! { "_id": id, "text": "DRAFT" })).await;
    store_each::<Author>(db, [doc! { "_id": 1, "award_ids": [1, 2] }, doc! { "_id": 2, "award_ids": [] }]).await;
    store_each::<Book>(db, [(1, Some(1)), (2, Some(1)), (3, None)].map(|(id, by)| doc! { "_id": id, "author_id": by })).await;
    store_each::<Portrait>(db, [(1, Some(1)), (2, None)].map(|(id, of)| doc! { "_id": id, "author_id": of })).await;
    store_each::<Club>(db, [1, 2].map(|id| doc! { "_id": id })).await;
    store_each::<Membership>(db, [doc! { "_id": "1-1", "author_id": 1, "club_id": 1 }]).await;
    store_each::<Award>(db, [1, 2, 3].map(|id| doc! { "_id": id })).await;
    store_each::<Badge>(db, [doc! { "_id": 1, "author_ids": [1] }, doc! { "_id": 2, "author_ids": [] }]).await;
    let line = |product: i32, supplier: i32| doc! { "product_id": product, "supplier_id": supplier };
    let orders = [doc! { "_id": 1, "lines": [line(1, 1), line(2, 2)] }, doc! { "_id": 2, "lines": [line(2, 2)] }];
    store_each::<Order>(db, orders).await;
    store_each::<Product>(db, [1, 2].map(|id| doc! { "_id": id })).await;
    store_each::<Supplier>(db, [1, 2].map(|id| doc! { "_id": id })).await;
    let folders = [(1, None), (2, Some(1)), (3, None)];
    store_each::<Folder>(db, folders.map(|(id, parent)| doc! { "_id": id, "parent_id": parent })).await;
    store_each::<Vehicle>(db, [doc! { "_id": 1, "kind": "car", "doors": 5 }, doc! { "_id": 2, "kind": "truck" }]).await;
    let note = doc! { "type": "Note", "id": 1 };
    store_each::<Comment>(db, [doc! { "_id": 1, "subject": note }, doc! { "_id": 2, "subject": null }]).await;
    store_each::<House>(db, [doc! { "_id": 1, "_guard": 0_i64 }]).await;
    store_each::<Tenant>(db, [doc! { "_id": 1, "house_id": 1 }]).await;
}

async fn stored<M: Model<Id = i32>>(db: &Database, id: i32) -> M {
    M::get(db, id).await.unwrap().unwrap()
}

fn note(id: i32) -> Note {
    new(doc! { "_id": id, "text": format!("note {id}"), "mark": null })
}

fn draft(id: i32) -> Draft {
    new(doc! { "_id": id, "text": "draft" })
}

fn book(id: i32) -> Book {
    new(doc! { "_id": id, "author_id": null })
}

/// What each write stores. A row is a write, the documents that it changes, and its commands.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = documents();
    rows.extend(updates());
    rows.extend(children());
    rows.extend(links());
    rows.extend(arrays());
    rows.extend(keys());
    rows.extend(rules());
    rows
}

fn documents() -> Vec<Row> {
    rows! {
        "insert", ["notes 4 created v1"], 1, |db| { vec![held(&note(4).insert(db).await.unwrap())] };
        "insert with hooks", ["drafts 4 created v1"], 2, |db| { vec![held(&draft(4).insert(db).await.unwrap())] };
        "insert_many", ["notes 4 created v1", "notes 5 created v1"], 1, |db| {
            Note::insert_many(db, &[note(4), note(5)]).await.unwrap();
            vec![]
        };
        "insert_many with hooks", ["drafts 4 created v1", "drafts 5 created v1"], 2, |db| {
            Draft::insert_many(db, &[draft(4), draft(5)]).await.unwrap();
            vec![]
        };
        "insert_checked", ["tenants 2 created v1"], 3, |db| {
            // the guard of the house is not a change of it
            let tenant: Tenant = new(doc! { "_id": 2, "house_id": 1 });
            vec![held(&tenant.insert_checked(db).await.unwrap())]
        };
        "insert_many_checked", ["tenants 2 created v1", "tenants 3 created v1"], 3, |db| {
            let tenants: [Tenant; 2] = [2, 3].map(|id| new(doc! { "_id": id, "house_id": 1 }));
            Tenant::insert_many_checked(db, &tenants).await.unwrap();
            vec![]
        };
        "save", ["notes 1 updated v6"], 2, |db| {
            let mut note: Note = stored(db, 1).await;
            note.text = "changed".into();
            note.save(db).await.unwrap();
            vec![held(&note)]
        };
        "save twice", ["notes 1 updated v7"], 3, |db| {
            let mut note: Note = stored(db, 1).await;
            note.save(db).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
            note.save(db).await.unwrap();
            vec![held(&note)]
        };
        "save with hooks", ["drafts 1 updated v6"], 3, |db| {
            let mut draft: Draft = stored(db, 1).await;
            draft.save(db).await.unwrap();
            vec![held(&draft)]
        };
        "save of a new document", ["notes 4 created v1"], 1, |db| {
            let mut note = note(4);
            note.save(db).await.unwrap();
            vec![held(&note)]
        };
        "save of a new document with hooks", ["drafts 4 created v1"], 2, |db| {
            let mut draft = draft(4);
            draft.save(db).await.unwrap();
            vec![held(&draft)]
        };
        "save of a document without an id", ["leaves _ created v1"], 1, |db| {
            let mut leaf: Leaf = new(doc! {});
            leaf.save(db).await.unwrap();
            vec![held(&leaf)]
        };
        "insert of a document without an id", ["leaves _ created v1"], 1, |db| {
            let leaf: Leaf = new(doc! {});
            vec![held(&leaf.insert(db).await.unwrap())]
        };
        "save_checked", ["tenants 1 updated v6"], 4, |db| {
            let mut tenant: Tenant = stored(db, 1).await;
            tenant.save_checked(db).await.unwrap();
            vec![held(&tenant)]
        };
        "save_checked of a new document", ["tenants 2 created v1"], 3, |db| {
            let mut tenant: Tenant = new(doc! { "_id": 2, "house_id": 1 });
            tenant.save_checked(db).await.unwrap();
            vec![held(&tenant)]
        };
        "insert of a kind", ["vehicles 3 created v1"], 1, |db| {
            let car: Car = new(doc! { "_id": 3, "kind": "car", "doors": 3 });
            vec![held(&car.insert(db).await.unwrap())]
        };
        "insert of an enum", ["vehicles 3 created v1"], 1, |db| {
            let truck: Truck = new(doc! { "_id": 3, "kind": "truck" });
            vec![held(&Vehicle::Truck(truck).insert(db).await.unwrap())]
        };
        "insert_many of an enum", ["vehicles 3 created v1", "vehicles 4 created v1"], 1, |db| {
            let truck: Truck = new(doc! { "_id": 3, "kind": "truck" });
            let car: Car = new(doc! { "_id": 4, "kind": "car", "doors": 3 });
            Vehicle::insert_many(db, &[truck.into(), car.into()]).await.unwrap();
            vec![]
        };
        "save of a kind", ["vehicles 1 updated v6"], 2, |db| {
            let mut car: Car = stored(db, 1).await;
            car.save(db).await.unwrap();
            vec![held(&car)]
        };
        "save of a new document of a kind", ["vehicles 3 created v1"], 1, |db| {
            let mut car: Car = new(doc! { "_id": 3, "kind": "car", "doors": 3 });
            car.save(db).await.unwrap();
            vec![held(&car)]
        };
        "save of an enum", ["vehicles 2 updated v6"], 2, |db| {
            let mut vehicle: Vehicle = stored(db, 2).await;
            vehicle.save(db).await.unwrap();
            vec![held(&vehicle)]
        };
        "insert and save in a transaction", ["notes 1 updated v6", "notes 4 created v1"], 4, |db| {
            let body = earnorm::transaction(db, async |tx| {
                let mut note: Note = Note::get(tx, 1).await?.unwrap();
                note.save(tx).await?;
                Ok((note, self::note(4).insert(tx).await?))
            });
            let (saved, inserted) = body.await.unwrap();
            vec![held(&saved), held(&inserted)]
        };
    }
}

fn updates() -> Vec<Row> {
    rows! {
        "update", ["notes 1 updated v6"], 2, |db| {
            let mut note: Note = stored(db, 1).await;
            note.update(db, Note::TEXT.set("changed")).await.unwrap();
            vec![held(&note)]
        };
        "update with several operators", ["notes 1 updated v6"], 2, |db| {
            let mut note: Note = stored(db, 1).await;
            note.update(db, (Note::TEXT.set("changed"), Note::MARK.set(7))).await.unwrap();
            vec![held(&note)]
        };
        "update with a document", ["notes 1 updated v6"], 2, |db| {
            let mut note: Note = stored(db, 1).await;
            note.update(db, doc! { "$unset": { "mark": "" } }).await.unwrap();
            vec![held(&note)]
        };
        "update with hooks", ["drafts 1 updated v6"], 2, |db| {
            let mut draft: Draft = stored(db, 1).await;
            draft.update(db, Draft::TEXT.set("changed")).await.unwrap();
            vec![held(&draft)]
        };
        "update_by_id", ["notes 1 updated v6"], 1, |db| {
            vec![held(&Note::update_by_id(db, 1, Note::MARK.inc(1)).await.unwrap())]
        };
        "an update in a transaction", ["notes 1 updated v6", "notes 2 updated v6"], 3, |db| {
            let both = earnorm::transaction(db, async |tx| {
                let one = Note::update_by_id(tx, 1, Note::MARK.inc(1)).await?;
                Ok([one, Note::update_by_id(tx, 2, Note::MARK.inc(1)).await?])
            });
            both.await.unwrap().iter().map(held).collect()
        };
        "update of a kind", ["vehicles 1 updated v6"], 1, |db| {
            vec![held(&Car::update_by_id(db, 1, Car::DOORS.inc(1)).await.unwrap())]
        };
        "update of an enum", ["vehicles 1 updated v6", "vehicles 2 updated v6"], 1, |db| {
            Vehicle::find_all().update(db, doc! { "$set": { "seen": true } }).await.unwrap();
            vec![]
        };
        "update of a query", ["notes 2 updated v6", "notes 3 updated v6"], 1, |db| {
            Note::find(Note::ID.gt(1)).update(db, Note::TEXT.set("changed")).await.unwrap();
            vec![]
        };
        "update of a window", ["notes 2 updated v6", "notes 3 updated v6"], 2, |db| {
            let window = Note::find_all().order_by(Note::ID.desc()).limit(2);
            window.update(db, Note::TEXT.set("changed")).await.unwrap();
            vec![]
        };
        "update with a pipeline", ["notes 1 updated v6"], 1, |db| {
            Note::find(Note::ID.eq(1)).update(db, Note::MARK.inc(1)).await.unwrap();
            vec![]
        };
        "update of elements", ["orders 1 updated v6"], 1, |db| {
            let lines = Order::LINES.each_where(Line::PRODUCT_ID.eq(1)).at(Line::SUPPLIER_ID).set(2);
            Order::find(Order::ID.eq(1)).update(db, lines).await.unwrap();
            vec![]
        };
        "pull_where", ["orders 1 updated v6"], 1, |db| {
            vec![held(&Order::update_by_id(db, 1, Order::LINES.pull_where(Line::PRODUCT_ID.eq(1))).await.unwrap())]
        };
        "update_all of a relation", ["books 1 updated v6", "books 2 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            author.books().update_all(db, Book::AUTHOR_ID.set(2)).await.unwrap();
            vec![]
        };
        "get_or_insert of a stored document", [], 1, |db| {
            vec![held(&Note::by_text("note 1").get_or_insert(db, || unreachable!("it is stored")).await.unwrap())]
        };
        "get_or_insert of a new document", ["notes 4 created v1"], 2, |db| {
            vec![held(&Note::by_text("note 4").get_or_insert(db, || note(4)).await.unwrap())]
        };
        "upsert of a new document", ["notes 4 created v1"], 2, |db| {
            vec![held(&Note::by_text("note 4").upsert(db, note(4)).await.unwrap())]
        };
        "upsert in place of a stored document", ["notes 1 updated v6"], 2, |db| {
            let other = Note { id: 9, ..note(1) };
            vec![held(&Note::by_text("note 1").upsert(db, other).await.unwrap())]
        };
        "update by a unique key", ["notes 1 updated v6"], 1, |db| {
            vec![held(&Note::by_text("note 1").update(db, Note::MARK.inc(1)).await.unwrap())]
        };
        "bulk", ["notes 1 updated v6", "notes 2 updated v6", "notes 4 created v1", "notes 5 created v1"], 3, |db| {
            let stored: Note = stored(db, 1).await;
            let bulk = Note::bulk(db).insert(note(4)).save(stored).save(note(5)).update(2, Note::TEXT.set("changed"));
            bulk.run().await.unwrap();
            vec![]
        };
        "an update without a change", [], 1, |db| {
            vec![held(&Note::update_by_id(db, 1, earnorm::Update::default()).await.unwrap())]
        };
    }
}

fn children() -> Vec<Row> {
    rows! {
        "create of a child", ["books 4 created v1"], 2, |db| {
            let author: Author = stored(db, 1).await;
            vec![held(&author.books().create(db, book(4)).await.unwrap())]
        };
        "add of a stored child", ["books 3 updated v6"], 3, |db| {
            let (author, book): (Author, Book) = (stored(db, 1).await, stored(db, 3).await);
            vec![held(&author.books().add(db, book).await.unwrap())]
        };
        "add of a new child", ["books 4 created v1"], 2, |db| {
            let author: Author = stored(db, 1).await;
            vec![held(&author.books().add(db, book(4)).await.unwrap())]
        };
        "add_many", ["books 3 updated v6", "books 4 created v1"], 3, |db| {
            let (author, book): (Author, Book) = (stored(db, 1).await, stored(db, 3).await);
            let added = author.books().add_many(db, [book, self::book(4)]).await.unwrap();
            added.iter().map(held).collect()
        };
        "remove of a child", ["books 1 updated v6"], 3, |db| {
            let (author, book): (Author, Book) = (stored(db, 1).await, stored(db, 1).await);
            assert!(author.books().remove(db, &book).await.unwrap());
            vec![]
        };
        "remove of another's child", [], 3, |db| {
            let (author, book): (Author, Book) = (stored(db, 1).await, stored(db, 3).await);
            assert!(!author.books().remove(db, &book).await.unwrap());
            vec![]
        };
        "set of children", ["books 1 updated v6", "books 2 updated v6", "books 3 updated v6"], 5, |db| {
            let author: Author = stored(db, 1).await;
            let (one, three): (Book, Book) = (stored(db, 1).await, stored(db, 3).await);
            let set = author.books().set(db, [one, three]).await.unwrap();
            set.iter().map(held).collect()
        };
        "clear of children", ["books 1 updated v6", "books 2 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            assert_eq!(author.books().clear(db).await.unwrap(), 2);
            vec![]
        };
        "create of a has-one", ["portraits 3 created v1"], 2, |db| {
            let author: Author = stored(db, 2).await;
            let portrait: Portrait = new(doc! { "_id": 3, "author_id": null });
            vec![held(&author.portrait().create(db, portrait).await.unwrap())]
        };
        "set of a has-one", ["portraits 1 updated v6", "portraits 2 updated v6"], 4, |db| {
            let (author, portrait): (Author, Portrait) = (stored(db, 1).await, stored(db, 2).await);
            vec![held(&author.portrait().set(db, portrait).await.unwrap())]
        };
        "clear of a has-one", ["portraits 1 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            assert!(author.portrait().clear(db).await.unwrap());
            vec![]
        };
    }
}

fn links() -> Vec<Row> {
    rows! {
        "create of a linked document", ["clubs 3 created v1", "memberships _ created v1"], 3, |db| {
            let author: Author = stored(db, 1).await;
            vec![held(&author.clubs().create(db, new(doc! { "_id": 3 })).await.unwrap())]
        };
        "add of a link", ["memberships _ created v1"], 3, |db| {
            let (author, club): (Author, Club) = (stored(db, 1).await, stored(db, 2).await);
            assert!(author.clubs().add(db, &club).await.unwrap());
            vec![]
        };
        "add of a stored link", [], 3, |db| {
            let (author, club): (Author, Club) = (stored(db, 1).await, stored(db, 1).await);
            assert!(!author.clubs().add(db, &club).await.unwrap());
            vec![]
        };
        "add_many of links", ["memberships _ created v1"], 4, |db| {
            let author: Author = stored(db, 1).await;
            let clubs: [Club; 2] = [stored(db, 1).await, stored(db, 2).await];
            author.clubs().add_many(db, &clubs).await.unwrap();
            vec![]
        };
        "add_link", ["memberships new created v1"], 2, |db| {
            let author: Author = stored(db, 1).await;
            let link: Membership = new(doc! { "_id": "new", "author_id": 0, "club_id": 2 });
            vec![held(&author.clubs().add_link(db, link).await.unwrap())]
        };
        "add_link in place of a stored link", ["memberships 1-1 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            let link: Membership = new(doc! { "_id": "new", "author_id": 0, "club_id": 1 });
            vec![held(&author.clubs().add_link(db, link).await.unwrap())]
        };
        "remove of a link", ["memberships 1-1 deleted"], 3, |db| {
            let (author, club): (Author, Club) = (stored(db, 1).await, stored(db, 1).await);
            assert!(author.clubs().remove(db, &club).await.unwrap());
            vec![]
        };
        "set of links", ["memberships 1-1 deleted", "memberships _ created v1"], 4, |db| {
            let (author, club): (Author, Club) = (stored(db, 1).await, stored(db, 2).await);
            author.clubs().set(db, [&club]).await.unwrap();
            vec![]
        };
        "set of the stored links", [], 4, |db| {
            let (author, club): (Author, Club) = (stored(db, 1).await, stored(db, 1).await);
            author.clubs().set(db, [&club]).await.unwrap();
            vec![]
        };
        "clear of links", ["memberships 1-1 deleted"], 2, |db| {
            let author: Author = stored(db, 1).await;
            assert_eq!(author.clubs().clear(db).await.unwrap(), 1);
            vec![]
        };
    }
}

fn arrays() -> Vec<Row> {
    rows! {
        "create of a document in an array", ["authors 1 updated v6", "awards 4 created v1"], 3, |db| {
            let author: Author = stored(db, 1).await;
            vec![held(&author.awards().create(db, new(doc! { "_id": 4 })).await.unwrap())]
        };
        "add of an id", ["authors 1 updated v6"], 3, |db| {
            let (author, award): (Author, Award) = (stored(db, 1).await, stored(db, 3).await);
            assert!(author.awards().add(db, &award).await.unwrap());
            vec![]
        };
        "add of an id that is there", [], 3, |db| {
            let (author, award): (Author, Award) = (stored(db, 1).await, stored(db, 1).await);
            assert!(!author.awards().add(db, &award).await.unwrap());
            vec![]
        };
        "add_many of ids", ["authors 1 updated v6"], 4, |db| {
            let author: Author = stored(db, 1).await;
            let awards: [Award; 2] = [stored(db, 1).await, stored(db, 3).await];
            assert!(author.awards().add_many(db, &awards).await.unwrap());
            vec![]
        };
        "remove of an id", ["authors 1 updated v6"], 3, |db| {
            let (author, award): (Author, Award) = (stored(db, 1).await, stored(db, 1).await);
            assert!(author.awards().remove(db, &award).await.unwrap());
            vec![]
        };
        "remove of an id that isn't there", [], 3, |db| {
            let (author, award): (Author, Award) = (stored(db, 1).await, stored(db, 3).await);
            assert!(!author.awards().remove(db, &award).await.unwrap());
            vec![]
        };
        "set of ids", ["authors 1 updated v6"], 3, |db| {
            let (author, award): (Author, Award) = (stored(db, 1).await, stored(db, 3).await);
            author.awards().set(db, [&award]).await.unwrap();
            vec![]
        };
        "clear of ids", ["authors 1 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            assert!(author.awards().clear(db).await.unwrap());
            vec![]
        };
        "clear of an empty array", [], 2, |db| {
            let author: Author = stored(db, 2).await;
            assert!(!author.awards().clear(db).await.unwrap());
            vec![]
        };
        "create of the owner of an array", ["badges 3 created v2"], 3, |db| {
            let author: Author = stored(db, 1).await;
            vec![held(&author.badges().create(db, new(doc! { "_id": 3, "author_ids": [] })).await.unwrap())]
        };
        "add to another's array", ["badges 2 updated v6"], 3, |db| {
            let (author, badge): (Author, Badge) = (stored(db, 1).await, stored(db, 2).await);
            assert!(author.badges().add(db, &badge).await.unwrap());
            vec![]
        };
        "add to another's array that has the id", [], 3, |db| {
            let (author, badge): (Author, Badge) = (stored(db, 1).await, stored(db, 1).await);
            assert!(!author.badges().add(db, &badge).await.unwrap());
            vec![]
        };
        "add_many to others' arrays", ["badges 2 updated v6"], 4, |db| {
            let author: Author = stored(db, 1).await;
            let badges: [Badge; 2] = [stored(db, 1).await, stored(db, 2).await];
            author.badges().add_many(db, &badges).await.unwrap();
            vec![]
        };
        "remove from another's array", ["badges 1 updated v6"], 3, |db| {
            let (author, badge): (Author, Badge) = (stored(db, 1).await, stored(db, 1).await);
            assert!(author.badges().remove(db, &badge).await.unwrap());
            vec![]
        };
        "set of others' arrays", ["badges 1 updated v6", "badges 2 updated v6"], 4, |db| {
            let (author, badge): (Author, Badge) = (stored(db, 1).await, stored(db, 2).await);
            author.badges().set(db, [&badge]).await.unwrap();
            vec![]
        };
        "clear of others' arrays", ["badges 1 updated v6"], 2, |db| {
            let author: Author = stored(db, 1).await;
            author.badges().clear(db).await.unwrap();
            vec![]
        };
    }
}

fn keys() -> Vec<Row> {
    rows! {
        "remove of elements", ["orders 1 updated v6"], 3, |db| {
            let (product, order): (Product, Order) = (stored(db, 2).await, stored(db, 1).await);
            assert!(product.orders().remove(db, &order).await.unwrap());
            vec![]
        };
        "remove of elements that aren't there", [], 3, |db| {
            let (product, order): (Product, Order) = (stored(db, 1).await, stored(db, 2).await);
            assert!(!product.orders().remove(db, &order).await.unwrap());
            vec![]
        };
        "clear of elements", ["orders 1 updated v6", "orders 2 updated v6"], 2, |db| {
            let product: Product = stored(db, 2).await;
            assert_eq!(product.orders().clear(db).await.unwrap(), 2);
            vec![]
        };
        "set of a key", ["books 3 updated v6"], 3, |db| {
            let (book, author): (Book, Author) = (stored(db, 3).await, stored(db, 2).await);
            book.author().set(db, &author).await.unwrap();
            vec![]
        };
        "create of a key's document", ["authors 3 created v1", "books 3 updated v6"], 3, |db| {
            let book: Book = stored(db, 3).await;
            vec![held(&book.author().create(db, new(doc! { "_id": 3, "award_ids": [] })).await.unwrap())]
        };
        "clear of a key", ["books 1 updated v6"], 2, |db| {
            let book: Book = stored(db, 1).await;
            assert!(book.author().clear(db).await.unwrap());
            vec![]
        };
        "clear of an empty key", [], 1, |db| {
            let book: Book = stored(db, 3).await;
            assert!(!book.author().clear(db).await.unwrap());
            vec![]
        };
        "set of a reference", ["comments 2 updated v6"], 3, |db| {
            let (comment, note): (Comment, Note) = (stored(db, 2).await, stored(db, 2).await);
            comment.subject().set(db, &note).await.unwrap();
            vec![]
        };
        "clear of a reference", ["comments 1 updated v6"], 2, |db| {
            let comment: Comment = stored(db, 1).await;
            assert!(comment.subject().clear(db).await.unwrap());
            vec![]
        };
        "move_to another parent", ["folders 2 updated v6"], 8, |db| {
            let (folder, parent): (Folder, Folder) = (stored(db, 2).await, stored(db, 3).await);
            folder.move_to(db, Some(&parent)).await.unwrap();
            vec![]
        };
        "move_to the top", ["folders 2 updated v6"], 2, |db| {
            let folder: Folder = stored(db, 2).await;
            folder.move_to(db, None).await.unwrap();
            vec![]
        };
    }
}

fn rules() -> Vec<Row> {
    let nulls = ["authors 1 deleted", "badges 1 updated v6", "books 1 updated v6", "books 2 updated v6",
        "memberships 1-1 deleted", "portraits 1 updated v6"];
    rows! {
        "set_null of a delete", nulls, 11, |db| {
            let author: Author = stored(db, 1).await;
            author.delete(db).await.unwrap();
            vec![]
        };
        "a delete that pulls ids", ["authors 1 updated v6", "awards 1 deleted"], 6, |db| {
            let award: Award = stored(db, 1).await;
            award.delete(db).await.unwrap();
            vec![]
        };
        "a delete that pulls elements", ["orders 1 updated v6", "orders 2 updated v6", "products 2 deleted"], 6, |db| {
            let product: Product = stored(db, 2).await;
            product.delete(db).await.unwrap();
            vec![]
        };
        "a delete that empties keys of elements", ["orders 1 updated v6", "suppliers 1 deleted"], 6, |db| {
            let supplier: Supplier = stored(db, 1).await;
            supplier.delete(db).await.unwrap();
            vec![]
        };
        "a repair that unlinks", ["books 3 updated v6"], 0, |db| {
            let broken = doc! { "$set": { "author_id": 99 } };
            let books = db.collection::<Document>(Book::metadata().collection);
            books.update_one(doc! { "_id": 3 }, broken).await.unwrap();
            let report = earnorm::integrity::scan(db).await.unwrap();
            let repaired = report.repair(db, Repair::Unlink).await.unwrap();
            assert_eq!(repaired.unlinked, 1);
            vec![]
        };
    }
}

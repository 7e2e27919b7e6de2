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

#[allow(clippy::too_many_lines, reason = "a list of cases")]
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

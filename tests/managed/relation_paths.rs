// The rows of writes by relations. This file is included where `paths.rs` is.

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

//! Loaded embedded documents as JSON, as text, and without their types.

use earnorm::Erased;
use earnorm::prelude::*;
use earnorm_tests::database;
use serde_json::json;

use crate::models::{Address, Line, Order, Party, Product, Tag, shop};

#[tokio::test]
async fn a_loaded_relation_is_a_member_of_its_embedded_document() {
    let test = database().await;
    let db = test.db();
    shop(db).await;
    let query = Order::find(Order::ID.eq(1))
        .with(Order::LINES.with(Line::PRODUCT.with(Product::MAKER)).with(Line::SUPPLIER.count()))
        .with(Order::BILLING.with(Party::ADDRESS.with(Address::COUNTRY)))
        .with(Order::TAGS.with(Tag::LABEL));
    let order = query.one(db).await.unwrap();
    let product =
        |id: i64| json!({ "_id": id, "title": format!("product {id}"), "maker_id": 1, "maker": { "_id": 1 } });
    let line = |id: i64, supplier: Option<i64>, quantity: i32, product: serde_json::Value| {
        json!({
            "productId": id, "supplierId": supplier, "quantity": quantity, "sku": format!("sku{quantity}"),
            "product": product, "supplier_count": u8::from(supplier.is_some()),
        })
    };
    let expected = json!({
        "_id": 1,
        "ls": [
            line(1, Some(1), 1, product(1)),
            line(2, None, 2, product(2)),
            line(1, Some(2), 3, product(1)),
            line(9, Some(1), 4, json!(null)),
        ],
        "billing": { "name": "Ada", "address": { "city": "Rome", "country_id": 1, "country": { "_id": 1 } } },
        "tags": [null, { "label_id": "a", "weight": 1, "label": { "_id": "a" } }, { "label_id": "b", "weight": 1, "label": { "_id": "b" } }],
    });
    assert_eq!(serde_json::to_value(&order).unwrap(), expected);
    let text = format!("{order:?}");
    assert!(text.contains("product: ") && text.contains("supplier"), "{text}");
    let erased: Erased<Order> = order.clone().erase();
    assert_eq!(serde_json::to_value(&erased).unwrap(), expected);
    let lines = erased.related(Order::LINES).unwrap();
    let titles: Vec<_> =
        lines.iter().map(|line| line.related(Line::PRODUCT).unwrap().map(|p| p.title.clone())).collect();
    assert_eq!(titles[2].as_deref(), Some("product 1"));
    assert_eq!(titles[3], None);
    assert_eq!((lines[0].count(Line::SUPPLIER), lines[0].quantity), (Some(1), 1));
    assert!(lines[0].related(Line::SUPPLIER).is_none());
    let party = erased.related(Order::BILLING).unwrap();
    let address = party[0].related(Party::ADDRESS).unwrap();
    assert_eq!(address[0].related(Address::COUNTRY).unwrap().unwrap().id, 1);
    // a part of it, by itself
    assert_eq!(serde_json::to_value(lines[0]).unwrap(), expected["ls"][0]);
}

/// A flattened embedded document, beside an array with the same key.
mod flattened {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
    pub(super) struct Stamp {
        #[relation(many_to_one, target = User, on_delete = "set_null")]
        pub(super) author_id: Option<i64>,
        pub(super) at: i64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Note {
        #[serde(rename = "_id")]
        pub(super) id: i64,
        #[model(embedded)]
        #[serde(flatten)]
        pub(super) made: Stamp,
        #[model(embedded)]
        pub(super) changes: Option<Vec<Stamp>>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = Note, fk = made.author_id)]
    pub(super) struct User {
        #[serde(rename = "_id")]
        pub(super) id: i64,
    }
}

#[tokio::test]
async fn a_flattened_embedded_document_is_part_of_its_holder() {
    use flattened::{Note, Stamp, User};
    let test = database().await;
    let db = test.db();
    User::insert_many(db, &[User { id: 1 }, User { id: 2 }]).await.unwrap();
    let stamp = |author_id, at| Stamp { author_id, at };
    let note = Note { id: 1, made: stamp(Some(1), 5), changes: Some(vec![stamp(Some(2), 6), stamp(Some(1), 7)]) };
    note.insert(db).await.unwrap();
    Note { id: 2, made: stamp(None, 8), changes: None }.insert(db).await.unwrap();
    let graph = || {
        let notes = Note::find_all().with(Note::MADE.with(Stamp::AUTHOR)).with(Note::CHANGES.with(Stamp::AUTHOR));
        notes.order_by(Note::MADE.at(Stamp::AT).asc())
    };
    let notes = graph().all(db).await.unwrap();
    assert_eq!(graph().strategy(Strategy::Lookup).all(db).await.unwrap(), notes);
    assert_eq!(notes[0].related(Note::MADE).related(Stamp::AUTHOR).unwrap().id, 1);
    let expected = json!([
        {
            "_id": 1, "author_id": 1, "at": 5, "author": { "_id": 1 },
            "changes": [
                { "author_id": 2, "at": 6, "author": { "_id": 2 } },
                { "author_id": 1, "at": 7, "author": { "_id": 1 } },
            ],
        },
        { "_id": 2, "author_id": null, "at": 8, "author": null, "changes": null },
    ]);
    assert_eq!(serde_json::to_value(&notes).unwrap(), expected);
    assert_eq!(serde_json::to_value(notes.clone().erase()).unwrap(), expected);
    let recent = Note::find(Note::MADE.at(Stamp::AT).gt(6) & Note::MADE.is(Stamp::AUTHOR.none()));
    assert_eq!(recent.one(db).await.unwrap().id, 2);
    let user = User::get(db, 1).await.unwrap().unwrap();
    assert_eq!(user.notes().count(db).await.unwrap(), 1);
    assert_eq!(user.delete(db).await.unwrap().to_string(), "1 user deleted; 2 notes (in `changes`) unlinked");
    let note = Note::get(db, 1).await.unwrap().unwrap();
    assert_eq!((note.made, note.changes), (stamp(None, 5), Some(vec![stamp(Some(2), 6), stamp(None, 7)])));
}

//! Conditions in a query with a collation. Ids and keys are compared without it, including ids that are documents.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{AnyValue, case_insensitive, database, insert_documents};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Widget", fk = "kind_id")]
#[relation(many_to_many, target = "Crate", through = "Stock")]
#[relation(many_to_many, name = "held_by", target = "Crate", target_ids = "kind_ids")]
struct WidgetKind {
    #[serde(rename = "_id")]
    id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Widget {
    #[serde(rename = "_id")]
    id: i32,
    name: String,
    #[relation(many_to_one, target = "WidgetKind")]
    kind_id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Crate {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, target = "WidgetKind", name = "kinds")]
    kind_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Stock {
    #[serde(rename = "_id")]
    id: Option<i32>,
    widget_kind_id: Option<AnyValue>,
    crate_id: Option<i32>,
}

/// Pairs of ids that differ only in the case of a text, at different depths.
fn ids() -> Vec<[Bson; 2]> {
    let both = |id: &dyn Fn(&str) -> Bson| [id("a"), id("A")];
    vec![
        both(&|text| text.into()),
        both(&|text| doc! { "ns": text }.into()),
        both(&|text| doc! { "n": 1, "ns": text, "m": 2 }.into()),
        both(&|text| doc! { "x": { "y": { "ns": text } } }.into()),
        both(&|text| doc! { "list": [1, text, { "ns": text }] }.into()),
    ]
}

#[tokio::test]
async fn ids_that_differ_only_in_case_are_not_equal() {
    for [one, other] in ids() {
        let test = database().await;
        let db = test.db();
        insert_documents(db, "widget_kinds", vec![doc! { "_id": &one }, doc! { "_id": &other }]).await;
        insert_documents(db, "widgets", vec![doc! { "_id": 1, "name": "x", "kind_id": &one }]).await;
        insert_documents(db, "crates", vec![doc! { "_id": 1, "kind_ids": ["none", &one] }]).await;
        insert_documents(db, "stocks", vec![doc! { "_id": 1, "widget_kind_id": &one, "crate_id": 1 }]).await;
        for condition in [
            WidgetKind::WIDGETS.filter(Widget::NAME.eq("X")).any(),
            WidgetKind::CRATES.any(),
            WidgetKind::HELD_BY.any(),
        ] {
            let query = WidgetKind::find(condition).collation(case_insensitive());
            let found = assert_commands!(test, 1, query.all(db).await.unwrap());
            assert_eq!(found.iter().map(|kind| &kind.id.0).collect::<Vec<_>>(), [&one]);
        }
        let none = WidgetKind::find(WidgetKind::HELD_BY.none()).collation(case_insensitive());
        assert_eq!(none.count(db).await.unwrap(), 1);
        // the other direction, when only the other id exists
        db.collection::<Document>("widget_kinds").delete_one(doc! { "_id": &one }).await.unwrap();
        assert_eq!(Widget::find(Widget::KIND.any()).collation(case_insensitive()).count(db).await.unwrap(), 0);
        assert_eq!(Crate::find(Crate::KINDS.any()).collation(case_insensitive()).count(db).await.unwrap(), 0);
    }
}

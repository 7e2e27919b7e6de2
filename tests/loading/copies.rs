//! A document that several parents share is decoded once, if its type can be cloned.

use std::cell::Cell;

use earnorm::prelude::*;
use earnorm_tests::database;
use serde::Deserializer;

thread_local! {
    /// How many labels this thread has decoded. Small replies are decoded by the thread of the test.
    static DECODED: Cell<usize> = const { Cell::new(0) };
}

fn counted<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    DECODED.set(DECODED.get() + 1);
    String::deserialize(value)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "labels", target = Label, through = Labelled)]
#[relation(many_to_many, name = "marks", target = Mark, through = Marked)]
struct Parcel {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Label {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(deserialize_with = "counted")]
    text: String,
}

/// The same without `Clone`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Model)]
struct Mark {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(deserialize_with = "counted")]
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Labelled {
    #[serde(rename = "_id")]
    id: i32,
    parcel_id: i32,
    label_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Marked {
    #[serde(rename = "_id")]
    id: i32,
    parcel_id: i32,
    mark_id: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Label)]
struct Text {
    #[serde(deserialize_with = "counted")]
    text: String,
}

#[tokio::test]
async fn a_shared_document_is_decoded_once_and_cloned() {
    let test = database().await;
    let db = test.db();
    Parcel::insert_many(db, &[1, 2, 3].map(|id| Parcel { id })).await.unwrap();
    Label::insert_many(db, &[1, 2].map(|id| Label { id, text: format!("label {id}") })).await.unwrap();
    Mark::insert_many(db, &[1, 2].map(|id| Mark { id, text: format!("mark {id}") })).await.unwrap();
    let pairs = || (0..6).map(|id| (id, 1 + id % 3, 1 + id % 2));
    let labelled: Vec<_> = pairs().map(|(id, parcel_id, label_id)| Labelled { id, parcel_id, label_id }).collect();
    Labelled::insert_many(db, &labelled).await.unwrap();
    let marked: Vec<_> = pairs().map(|(id, parcel_id, mark_id)| Marked { id, parcel_id, mark_id }).collect();
    Marked::insert_many(db, &marked).await.unwrap();

    let texts = |texts: Vec<&str>| assert_eq!(texts, ["1", "2"].map(|n| n).to_vec());
    let number = |text: &str| if text.ends_with('1') { "1" } else { "2" };

    DECODED.set(0);
    let labels = Parcel::LABELS.order_by(Label::ID.asc());
    for parcel in Parcel::find_all().with(labels).all(db).await.unwrap() {
        texts(parcel.related(Parcel::LABELS).iter().map(|label| number(&label.text)).collect());
    }
    assert_eq!(DECODED.get(), 2, "models");

    DECODED.set(0);
    let labels = Parcel::LABELS.order_by(Label::ID.asc()).links();
    for parcel in Parcel::find_all().with(labels).all(db).await.unwrap() {
        let labels = parcel.related(Parcel::LABELS);
        texts(labels.iter().map(|label| number(&label.text)).collect());
        assert!(labels.iter().all(|label| (label.link.parcel_id, label.link.label_id) == (parcel.id, label.id)));
    }
    assert_eq!(DECODED.get(), 2, "models with their links");

    DECODED.set(0);
    let labels = Parcel::LABELS.order_by(Label::ID.asc()).view::<Text>();
    for parcel in Parcel::find_all().with(labels).all(db).await.unwrap() {
        texts(parcel.related(Parcel::LABELS).iter().map(|label| number(&label.text)).collect());
    }
    assert_eq!(DECODED.get(), 2, "views");

    DECODED.set(0);
    let marks = Parcel::MARKS.order_by(Mark::ID.asc());
    for parcel in Parcel::find_all().with(marks).all(db).await.unwrap() {
        texts(parcel.related(Parcel::MARKS).iter().map(|mark| number(&mark.text)).collect());
    }
    assert_eq!(DECODED.get(), 6, "without `Clone`, for each parent");
}

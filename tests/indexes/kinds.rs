//! Indexes of models that share a collection contain only the documents of the model.

use earnorm::Error;
use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm_tests::database;

use crate::models::{names, read};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "mail")]
#[model(collection = "notices")]
#[index(code, unique)]
#[index(seen, expire_after = 10)]
#[index(code, -seen, partial = doc! { "code": { "$gt": 5 } })]
struct Mail {
    #[serde(rename = "_id")]
    id: i32,
    code: i32,
    seen: DateTime,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[serde(tag = "kind", rename = "letter")]
#[model(collection = "notices")]
#[index(code, unique)]
#[index(code)]
struct Letter {
    #[serde(rename = "_id")]
    id: i32,
    code: i32,
}

#[derive(Model)]
enum Notice {
    Mail(Mail),
    Letter(Letter),
}

#[tokio::test]
async fn an_enum_of_models_has_the_indexes_of_its_models() {
    let test = database().await;
    let db = test.db();
    let report = Notice::ensure_indexes(db).await.unwrap();
    assert_eq!(report.made.len(), 5, "{report}");
    assert!(Notice::check_indexes(db).await.unwrap().is_clean());
    let read = Notice::find(Notice::mail(Mail::CODE.eq(1)) | Notice::letter(Letter::CODE.eq(1)));
    assert!(read.all(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn indexes_are_partial_by_the_tag() {
    let test = database().await;
    let db = test.db();
    Mail::ensure_indexes(db).await.unwrap();
    Letter::ensure_indexes(db).await.unwrap();
    assert_eq!(
        names(db, "notices").await,
        [
            "code_1_kind_letter",
            "code_1_seen_-1_code_{ $gt: 5 }_kind_mail",
            "code_1_unique_kind_letter",
            "code_1_unique_kind_mail",
            "seen_1_kind_mail"
        ]
    );
    let partial = |name| async move { read(db, "notices", name).await.options.unwrap().partial_filter_expression };
    assert_eq!(partial("seen_1_kind_mail").await, Some(doc! { "kind": "mail" }));
    let both = doc! { "code": { "$gt": 5 }, "kind": "mail" };
    assert_eq!(partial("code_1_seen_-1_code_{ $gt: 5 }_kind_mail").await, Some(both));

    let mail = |id, code| Mail { id, code, seen: DateTime::now() };
    mail(1, 1).insert(db).await.unwrap();
    Letter { id: 2, code: 1 }.insert(db).await.unwrap();
    let Err(Error::Duplicate { index, .. }) = mail(3, 1).insert(db).await else { panic!("a duplicate") };
    assert_eq!(index, "code_1_unique_kind_mail");

    assert_eq!(Mail::ensure_indexes(db).await.unwrap().made, []);
    assert!(Mail::check_indexes(db).await.unwrap().is_clean());
}

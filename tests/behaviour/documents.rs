use earnorm_testkit::assert_commands;

use crate::blog::User;
use crate::database;
use earnorm::prelude::*;

#[tokio::test]
async fn a_document_is_inserted_found_changed_and_deleted() {
    let test = database().await;
    let db = test.db();
    let ada = assert_commands!(test, 1, { User::new("Ada", 36).insert(db).await.unwrap() });
    assert_eq!(User::get(db, ada.id).await.unwrap(), Some(ada.clone()));
    let found = User::find(doc! { "name": "Ada" }).filter(User::AGE.gte(18)).all(db).await.unwrap();
    assert_eq!(found, [ada.clone()]);
    let posts = ada.posts().all(db).await.unwrap();
    assert!(posts.is_empty());
}

//! A declared collation that no server can have. It is apart from the suite of indexes, whose plans have all of its models.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[index(word, collation = doc! { "locale": "en", "strenght": 2 })]
struct Entry {
    #[serde(rename = "_id")]
    id: i32,
    word: String,
}

#[tokio::test]
async fn a_misspelt_collation_is_refused_before_anything_is_sent() {
    let test = database().await;
    let (outcome, sent) = test.log().record(Entry::ensure_indexes(test.db())).await;
    let Err(Error::Invalid { model, reason, value }) = outcome else { panic!("not a collation") };
    assert_eq!((model, value), ("Entry", false));
    assert!(reason.ends_with("`strenght` is not an option of a collation"), "{reason}");
    assert_eq!(sent.len(), 0);
}

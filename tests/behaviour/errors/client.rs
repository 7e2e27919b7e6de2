//! Errors caused by a value, which a client may have sent, are distinguished from mistakes in the program.

use earnorm::Error;
use earnorm::prelude::*;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "parts", target = Ware, fk = whole_id)]
struct Ware {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    count: u64,
    sizes: Vec<u32>,
    whole_id: Option<ObjectId>,
}

fn ware() -> Ware {
    Ware { id: ObjectId::new(), name: String::new(), count: 1, sizes: vec![1], whole_id: None }
}

#[tokio::test]
async fn is_client_error_is_true_only_for_errors_caused_by_a_value() {
    let test = database().await;
    let db = test.db();
    let mut stored = ware().insert(db).await.unwrap();
    let id = stored.id;
    let of_a_value = [
        Ware::find_all().page(db, 0, 10).await.unwrap_err(),
        Ware::find_all().page(db, 1, 0).await.unwrap_err(),
        stored.parts().page(db, 0, 0).await.unwrap_err(),
        Ware::find_all().with(Ware::PARTS).page(db, 0, 10).await.unwrap_err(),
        Ware::find(Ware::COUNT.gt(u64::MAX)).all(db).await.unwrap_err(),
        Ware::update_by_id(db, id, Ware::COUNT.set(u64::MAX)).await.unwrap_err(),
        Ware { count: u64::MAX, ..ware() }.insert(db).await.unwrap_err(),
        Ware::find(Ware::NAME.regex("[")).all(db).await.unwrap_err(),
        Error::other("x".parse::<Id<Ware>>().unwrap_err()),
        Error::other(ObjectId::parse_str("x").unwrap_err()),
        Error::other(Ware::find_all().page(db, 0, 10).await.unwrap_err()),
    ];
    for error in of_a_value {
        assert!(error.is_client_error(), "{error:?}");
    }
    let of_the_program = [
        stored.update(db, (Ware::COUNT.set(1_u64), Ware::COUNT.set(2_u64))).await.unwrap_err(),
        Ware::find_all().order_by(Ware::SIZES.asc()).after(&stored).all(db).await.unwrap_err(),
        Ware::find(Ware::PARTS.limit(1).every(Ware::COUNT.gt(1_u64))).all(db).await.unwrap_err(),
        Ware::find(doc! { "$nonsense": 1 }).all(db).await.unwrap_err(),
        Ware::find_all().one(db).await.map(|_| Error::other("")).unwrap(),
        Ware::update_by_id(db, ObjectId::new(), Ware::COUNT.set(1_u64)).await.unwrap_err(),
    ];
    for error in of_the_program {
        assert!(!error.is_client_error(), "{error:?}");
    }
}

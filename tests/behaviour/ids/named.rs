//! Id fields with other names, and the type `Id<M>`.

use std::collections::HashSet;

use earnorm::prelude::*;
use earnorm_tests::blog::User;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Ticket", fk = "parent_no", name = "parts")]
struct Ticket {
    #[serde(rename = "_id")]
    no: u32,
    title: String,
    #[relation(many_to_one, target = "Ticket", name = "parent")]
    parent_no: Option<u32>,
}

#[tokio::test]
async fn a_named_id_field_has_its_own_constant_and_id() {
    let test = database().await;
    let db = test.db();
    let ticket = |no, parent_no| Ticket { no, title: format!("{no}"), parent_no };
    let tickets = [ticket(1, None), ticket(2, Some(1)), ticket(3, Some(1))];
    Ticket::insert_many(db, &tickets).await.unwrap();
    assert_eq!((Ticket::NO.name(), Ticket::ID.name()), ("_id", "_id"));
    assert_eq!(Ticket::find(Ticket::NO.eq(2)).one(db).await.unwrap(), tickets[1]);
    assert_eq!(Ticket::find(Ticket::ID.gt(2)).one(db).await.unwrap(), tickets[2]);
    let parts = tickets[0].parts().order_by(Ticket::NO.desc()).all(db).await.unwrap();
    assert_eq!(parts, [tickets[2].clone(), tickets[1].clone()]);
    assert_eq!(tickets[2].parent().get(db).await.unwrap().unwrap().no, 1);
    assert_eq!(tickets[0].parent().get(db).await.unwrap(), None);
}

#[test]
fn a_typed_id_converts_to_and_from_an_object_id() {
    let raw = ObjectId::new();
    let id: Id<User> = raw.into();
    assert_eq!(id.object_id(), raw);
    assert_eq!(ObjectId::from(id), raw);
    assert_eq!(id.to_string(), raw.to_hex());
    assert_eq!(raw.to_hex().parse::<Id<User>>().unwrap(), id);
    let error = "not an id".parse::<Id<User>>().unwrap_err();
    assert!(!error.to_string().is_empty());
    assert!(Id::<User>::new() < Id::new(), "generated in ascending order, like the driver's");
    assert_eq!(HashSet::from([id, id, Id::new()]).len(), 2);
    let json = serde_json::to_value(id).unwrap();
    assert_eq!(json, serde_json::to_value(raw).unwrap());
    assert_eq!(serde_json::from_value::<Id<User>>(json).unwrap(), id);
    assert_eq!(doc! { "_id": id }, doc! { "_id": raw });
}

/// Join models with typed ids may derive `Default`.
#[test]
fn a_default_id_is_a_new_one() {
    assert_ne!(Id::<User>::default(), Id::default());
}

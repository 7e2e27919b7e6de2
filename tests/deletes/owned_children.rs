//! `orphan_removal` without a delete rule: a parent's children are deleted with it, unless either side has a rule.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm::schema::OnDelete;
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ow_owners")]
#[relation(one_to_many, name = "parts", target = Part, fk = owner_id, orphan_removal)]
#[relation(one_to_one, name = "login", target = Login, fk = owner_id, orphan_removal)]
#[relation(one_to_many, name = "loose", target = Loose, fk = owner_id, orphan_removal)]
#[relation(one_to_many, name = "stuck", target = Stuck, fk = owner_id, orphan_removal)]
#[relation(one_to_one, name = "left", target = Left, fk = owner_id, orphan_removal)]
#[relation(one_to_one, name = "written", target = Written, fk = owner_id, orphan_removal, on_delete = "set_null")]
struct Owner {
    #[serde(rename = "_id")]
    id: i32,
}

macro_rules! owned {
    ($($name:ident $collection:literal $(#[$key:meta])*;)*) => { $(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $collection)]
        struct $name {
            #[serde(rename = "_id")]
            id: i32,
            $(#[$key])*
            owner_id: Option<i32>,
        }

        impl $name {
            fn of(owner: i32) -> Self {
                Self { id: owner * 10, owner_id: Some(owner) }
            }
        }
    )* };
}
owned! {
    Login "ow_logins" #[relation(one_to_one, target = Owner, back_populates = "login")];
    Loose "ow_loose" #[relation(many_to_one, target = Owner, on_delete = "set_null")];
    Stuck "ow_stuck" #[relation(many_to_one, target = Owner, on_delete = "restrict")];
    Left "ow_left" #[relation(one_to_one, target = Owner, on_delete = "no_action")];
    Written "ow_written";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ow_parts")]
#[relation(one_to_many, name = "screws", target = Screw, fk = part_id, orphan_removal)]
struct Part {
    #[serde(rename = "_id")]
    id: i32,
    owner_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ow_screws")]
struct Screw {
    #[serde(rename = "_id")]
    id: i32,
    part_id: i32,
}

#[tokio::test]
async fn owned_children_are_deleted_with_their_parent() {
    let test = database().await;
    let db = test.db();
    let owner = Owner { id: 1 }.insert(db).await.unwrap();
    Part::insert_many(db, &[1, 2, 3].map(|id| Part { id, owner_id: 1 + id / 3 })).await.unwrap();
    Screw::insert_many(db, &[1, 2, 3].map(|id| Screw { id, part_id: id })).await.unwrap();
    Login::insert_many(db, &[Login::of(1), Login::of(2)]).await.unwrap();
    let plan = owner.plan_delete(db).await.unwrap();
    assert_eq!((plan.deleted(), plan.is_blocked()), (6, false), "{plan}");
    owner.delete(db).await.unwrap();
    assert_eq!((count::<Part>(db).await, count::<Screw>(db).await, count::<Login>(db).await), (1, 1, 1));
    assert!(earnorm::integrity::scan(db).await.unwrap().entries().iter().all(|entry| entry.id == Bson::Int32(2)));
}

#[tokio::test]
async fn a_rule_on_either_side_overrides_orphan_removal() {
    let test = database().await;
    let db = test.db();
    let owner = Owner { id: 1 }.insert(db).await.unwrap();
    Loose::of(1).insert(db).await.unwrap();
    Left::of(1).insert(db).await.unwrap();
    Written::of(1).insert(db).await.unwrap();
    Stuck::of(1).insert(db).await.unwrap();
    let blocked = owner.delete(db).await.unwrap_err();
    assert!(matches!(blocked, earnorm::Error::Restricted { model: "Stuck", .. }), "{blocked}");
    Stuck::find_all().delete(db).await.unwrap();
    owner.delete(db).await.unwrap();
    let key = async |collection: &str| {
        let found = db.collection::<Document>(collection).find_one(doc! {}).await.unwrap().unwrap();
        found.get("owner_id").cloned().unwrap()
    };
    assert_eq!(key("ow_loose").await, Bson::Null);
    assert_eq!(key("ow_written").await, Bson::Null);
    assert_eq!(key("ow_left").await, Bson::Int32(1), "the rule is `no_action`");
}

#[tokio::test]
async fn removed_children_are_deleted_whatever_the_rule() {
    let test = database().await;
    let db = test.db();
    let owner = Owner { id: 1 }.insert(db).await.unwrap();
    let loose = Loose::of(1).insert(db).await.unwrap();
    assert!(owner.loose().remove(db, &loose).await.unwrap());
    owner.login().create(db, Login::of(1)).await.unwrap();
    owner.login().set(db, Login { id: 11, owner_id: None }).await.unwrap();
    assert_eq!((count::<Loose>(db).await, count::<Login>(db).await), (0, 1));
    assert!(assert_commands!(test, 1, { owner.login().clear(db).await.unwrap() }));
    assert_eq!(count::<Login>(db).await, 0);
}

#[test]
fn the_metadata_has_the_implied_rule() {
    let rules = Owner::metadata().relations.iter().map(|relation| {
        (relation.name, relation.config.on_delete, relation.config.on_delete_written, relation.config.orphan_removal)
    });
    assert_eq!(
        rules.collect::<Vec<_>>(),
        [
            ("parts", OnDelete::Cascade, false, true),
            ("login", OnDelete::Cascade, false, true),
            ("loose", OnDelete::Cascade, false, true),
            ("stuck", OnDelete::Cascade, false, true),
            ("left", OnDelete::Cascade, false, true),
            ("written", OnDelete::SetNull, true, true),
        ]
    );
}

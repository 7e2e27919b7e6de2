//! A parent and a child model for each type of id, with the same tests for all of them.

use earnorm::mongodb::bson::Document;
use earnorm::mongodb::bson::spec::ElementType;
use earnorm::prelude::*;

/// Takes four ids: three of stored documents, and one that is missing.
macro_rules! family {
    ($id:ty, $key:ty, $stored:expr, $ids:expr, $to_key:expr) => {
        use earnorm::Error;
        use earnorm::prelude::*;
        use earnorm_testkit::assert_commands;

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = "Child", fk = "parent_id")]
        struct Parent {
            #[serde(rename = "_id")]
            id: $id,
            name: String,
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        struct Child {
            #[serde(rename = "_id")]
            id: i32,
            #[relation(many_to_one, target = "Parent")]
            parent_id: $key,
        }

        #[tokio::test]
        async fn documents_are_written_found_updated_and_deleted() {
            let test = earnorm_tests::database().await;
            let db = test.db();
            let ids: [$id; 4] = $ids;
            let [first, second, third, missing] = ids.clone();
            let parents = ids.map(|id| Parent { name: "p".to_owned(), id });
            let inserted = assert_commands!(test, 1, parents[0].clone().insert(db).await.unwrap());
            assert_eq!(inserted, parents[0]);
            let new = Parent::insert_many(db, &parents[1..3]).await.unwrap();
            assert_eq!(new, [second.clone(), third.clone()]);

            let got = assert_commands!(test, 1, Parent::get(db, first.clone()).await.unwrap());
            assert_eq!(got.as_ref(), Some(&parents[0]));
            assert_eq!(Parent::get(db, &missing).await.unwrap(), None);
            let wanted = [third.clone(), missing.clone(), first.clone(), third.clone()];
            let got = assert_commands!(test, 1, Parent::get_many(db, &wanted).await.unwrap());
            assert_eq!(got, [parents[2].clone(), parents[0].clone()]);
            let got = Parent::find(Parent::ID.is_in([&first, &missing])).all(db).await.unwrap();
            assert_eq!(got, parents[..1]);
            assert!(Parent::find(Parent::ID.eq(&second)).exists(db).await.unwrap());

            Parent::update_by_id(db, &second, Parent::NAME.set("q")).await.unwrap();
            let mut third = parents[2].clone();
            third.update(db, Parent::NAME.set("q")).await.unwrap();
            third.save(db).await.unwrap();
            assert_eq!(Parent::find(Parent::NAME.eq("q")).count(db).await.unwrap(), 2);
            assert_eq!(third.delete(db).await.unwrap().deleted(), 1);
            assert_eq!(Parent::find_all().count(db).await.unwrap(), 2);
            let stored = super::stored_type(db, "parents", "_id").await;
            assert_eq!(stored, $stored);
        }

        #[tokio::test]
        async fn children_refer_to_parents() {
            let test = earnorm_tests::database().await;
            let db = test.db();
            let parents = <[$id; 4]>::from($ids).map(|id| Parent { name: "p".to_owned(), id });
            Parent::insert_many(db, &parents[..3]).await.unwrap();
            let to_key: fn(&$id) -> $key = $to_key;
            let child = |id, parent: &Parent| Child { id, parent_id: to_key(&parent.id) };
            let dangling = child(4, &parents[3]);
            let children = [child(1, &parents[0]), child(2, &parents[0]), child(3, &parents[1]), dangling];
            Child::insert_many(db, &children).await.unwrap();
            assert_eq!(super::stored_type(db, "children", "parent_id").await, $stored);

            let own = parents[0].children().order_by(Child::ID.asc());
            let own = assert_commands!(test, 1, own.all(db).await.unwrap());
            assert_eq!(own, children[..2]);
            assert_eq!(parents[1].children().count(db).await.unwrap(), 1);
            assert!(!parents[2].children().exists(db).await.unwrap());
            let back = assert_commands!(test, 1, children[2].parent().get(db).await.unwrap());
            assert_eq!(back.as_ref(), Some(&parents[1]));
            assert_eq!(children[0].parent().require(db).await.unwrap(), parents[0]);
            assert_eq!(children[3].parent().get(db).await.unwrap(), None);
            let error = children[3].parent().require(db).await.unwrap_err();
            assert!(matches!(error, Error::Dangling { model: "Child", field: "parent_id", .. }), "{error:?}");
            let created = parents[2].children().create(db, child(5, &parents[0])).await.unwrap();
            assert_eq!(created, child(5, &parents[2]));
            assert_eq!(parents[2].children().count(db).await.unwrap(), 1);
        }
    };
    ($id:ty, $stored:expr, $ids:expr) => {
        family!($id, $id, $stored, $ids, Clone::clone);
    };
}

async fn stored_type(db: &earnorm::mongodb::Database, collection: &str, field: &str) -> ElementType {
    let raw = db.collection::<Document>(collection).find_one(doc! {}).await.unwrap().unwrap();
    raw.get(field).unwrap().element_type()
}

fn object_id(last: u8) -> ObjectId {
    ObjectId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, last])
}

mod plain {
    use super::object_id;
    family!(ObjectId, super::ElementType::ObjectId, [1, 2, 3, 4].map(object_id));
}

mod text {
    family!(String, super::ElementType::String, ["a", "", "$gt", "é"].map(str::to_owned));
}

mod int32 {
    family!(i32, super::ElementType::Int32, [1, 0, -7, i32::MAX]);
}

mod int64 {
    family!(i64, super::ElementType::Int64, [1, 0, i64::MIN, i64::MAX]);
}

mod unsigned {
    family!(u32, super::ElementType::Int64, [1, 0, u32::MAX, 9]);
}

mod uuid {
    use earnorm::mongodb::bson::Uuid;
    family!(Uuid, super::ElementType::Binary, [1, 2, 3, 4].map(|n| Uuid::from_bytes([n; 16])));
}

/// A newtype of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct UserId(ObjectId);

mod newtype {
    use super::{UserId, object_id};
    family!(UserId, super::ElementType::ObjectId, [1, 2, 3, 4].map(|n| UserId(object_id(n))));
}

mod typed {
    use super::object_id;
    family!(Id<Parent>, super::ElementType::ObjectId, [1, 2, 3, 4].map(|n| Id::from(object_id(n))));
}

mod typed_from_a_nullable_key {
    use super::object_id;
    family!(
        Id<Parent>,
        Option<Id<Parent>>,
        super::ElementType::ObjectId,
        [1, 2, 3, 4].map(|n| Id::from(object_id(n))),
        |id| Some(*id)
    );
}

mod optional {
    use super::object_id;
    family!(Option<ObjectId>, ObjectId, super::ElementType::ObjectId, [1, 2, 3, 4].map(|n| Some(object_id(n))), |id| {
        id.unwrap()
    });
}

mod optional_typed {
    use super::object_id;
    family!(Option<Id<Parent>>, super::ElementType::ObjectId, [1, 2, 3, 4].map(|n| Some(Id::from(object_id(n)))));
}

mod optional_text {
    family!(
        Option<String>,
        String,
        super::ElementType::String,
        ["a", "b", "c", "d"].map(|text| Some(text.to_owned())),
        |id| id.clone().unwrap()
    );
}

//! Ids that are `None` are generated on insert, for every type that can be.

use earnorm::Error;
use earnorm::mongodb::bson::Uuid;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Wrapped(ObjectId);

macro_rules! generated {
    ($($module:ident $id:ty, $stored:ident;)*) => { $(
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            #[model(collection = "made")]
            struct Generated {
                #[serde(rename = "_id")]
                id: Option<$id>,
                n: i32,
            }

            #[tokio::test]
            async fn every_insert_generates_an_id() {
                let test = database().await;
                let db = test.db();
                let new = |n| Generated { id: None, n };
                let one = assert_commands!(test, 1, new(1).insert(db).await.unwrap());
                let mut two = new(2);
                assert_commands!(test, 1, two.save(db).await.unwrap());
                let more = assert_commands!(test, 1, Generated::insert_many(db, &[new(3), new(4)]).await.unwrap());
                let ids = [one.id, two.id, more[0].clone(), more[1].clone()];
                let found = Generated::get_many(db, &ids).await.unwrap();
                assert_eq!(found.iter().map(|generated| generated.n).collect::<Vec<_>>(), [1, 2, 3, 4]);
                assert!(found.iter().all(|generated| generated.id.is_some()), "{found:?}");
                for stored in earnorm_tests::documents(db, "made").await {
                    let id = stored.get("_id").unwrap();
                    assert_eq!(id.element_type(), earnorm::mongodb::bson::spec::ElementType::$stored, "{id}");
                }
                assert_commands!(test, 0, assert_eq!(Generated::get(db, None).await.unwrap(), None));
            }
        }
    )* };
}

generated! {
    object_id ObjectId, ObjectId;
    typed Id<super::Other>, ObjectId;
    newtype super::Wrapped, ObjectId;
    text String, String;
    uuid Uuid, Binary;
}

struct Other;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Numbered {
    #[serde(rename = "_id")]
    id: Option<i64>,
    n: i32,
}

#[tokio::test]
async fn a_missing_number_is_an_error() {
    let test = database().await;
    let db = test.db();
    let mut new = Numbered { id: None, n: 1 };
    let errors = assert_commands!(
        test,
        0,
        [
            new.clone().insert(db).await.unwrap_err(),
            Numbered::insert_many(db, &[new.clone()]).await.unwrap_err(),
            new.save(db).await.unwrap_err(),
        ]
    );
    for error in errors {
        assert!(matches!(error, Error::Invalid { model: "Numbered", .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "`Numbered`: an id of this type can't be created automatically; set it before the insert"
        );
    }
    new.id = Some(7);
    new.save(db).await.unwrap();
    assert_eq!(Numbered::get(db, 7).await.unwrap(), Some(new));
}

//! Enums of models among other names: a path of the crate, raw identifiers, models elsewhere, shadowed names.

/// `earnorm` under another name.
mod orm {
    pub(crate) use earnorm::*;
}

mod models {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize, earnorm::Model)]
    #[serde(tag = "r#type")]
    #[model(collection = "things of any kind")]
    pub(crate) struct r#Loop {
        #[serde(rename = "_id")]
        pub(crate) id: i32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, earnorm::Model)]
    #[serde(tag = "r#type", rename = "$thing")]
    #[model(collection = "things of any kind")]
    pub(crate) struct Thing {
        #[serde(rename = "_id")]
        pub(crate) id: i32,
    }
}

/// Names that the generated code must not use.
#[allow(dead_code, reason = "only its name matters")]
struct Option;
#[allow(dead_code, reason = "only its name matters")]
struct Some;
#[allow(dead_code, reason = "only its name matters")]
struct Result;
#[allow(dead_code, reason = "only its name matters")]
trait From {}
#[allow(dead_code, reason = "only its name matters")]
trait Serialize {}

#[derive(Debug, PartialEq, orm::Model)]
#[model(crate = orm)]
pub(crate) enum r#Match {
    r#Type(models::r#Loop),
    None(crate::kinds::models::Thing),
}

/// Neither `Debug` nor `Clone`, and one model.
#[derive(orm::Model)]
#[model(crate = orm)]
enum Single {
    Only(models::Thing),
}

#[test]
fn enums_of_models_have_any_names() {
    use orm::doc;
    let filter = r#Match::r#type(doc! {}) | Match::none(doc! { "a": 1 });
    assert_eq!(filter.to_string(), r#"{ "$or": [{ "r#type": "Loop" }, { "r#type": "$thing", "a": 1 }] }"#);
    let json = serde_json::to_string(&Match::from(models::Loop { id: 1 })).unwrap();
    assert_eq!(json, r#"{"r#type":"Loop","_id":1}"#);
    assert_eq!(serde_json::from_str::<Match>(&json).unwrap(), Match::Type(models::Loop { id: 1 }));
    let Single::Only(thing) = Single::from(models::Thing { id: 2 });
    assert_eq!((thing.id, Single::ID.name()), (2, "_id"));
}

#[test]
fn an_enum_of_models_can_be_in_a_function() {
    use orm::doc;

    mod inner {
        use earnorm::prelude::*;

        #[derive(Serialize, Deserialize, Model)]
        #[serde(tag = "is")]
        pub(super) struct Inner {
            #[serde(rename = "_id")]
            id: ObjectId,
        }
    }
    #[derive(orm::Model)]
    #[model(crate = orm)]
    enum InFunction {
        Inner(inner::Inner),
    }
    assert_eq!(<InFunction as earnorm::Model>::metadata().collection, "inners");
    let _: earnorm::Filter<InFunction> = InFunction::inner(doc! {});
    let _ = InFunction::Inner;
}

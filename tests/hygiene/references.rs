//! References to several models among other names: a path of the crate, raw identifiers, models elsewhere, shadowed names.

/// `earnorm` under another name.
mod orm {
    pub(crate) use earnorm::*;
}

mod models {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize, earnorm::Model)]
    pub(crate) struct r#Loop {
        #[serde(rename = "_id")]
        pub(crate) id: i32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, earnorm::Model)]
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
struct Arc;

#[derive(Debug, serde::Serialize, serde::Deserialize, orm::Reference)]
#[reference(crate = orm)]
#[serde(tag = "r#type", content = "id", rename_all = "SCREAMING_SNAKE_CASE")]
enum r#Match {
    #[reference(models::r#Loop)]
    ForLoop(i32),
    #[reference(crate::references::models::Thing)]
    r#Impl(i32),
}

#[derive(Debug, serde::Serialize, serde::Deserialize, orm::Model)]
#[model(crate = orm)]
struct Holder {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one)]
    r#match: r#Match,
    #[relation(many_to_one, name = other)]
    r#fn: Match,
}

#[test]
fn references_have_tags_under_any_names() {
    use earnorm::Reference;
    let tags: Vec<_> = <Match as Reference>::VARIANTS.iter().map(|variant| variant.tag).collect();
    assert_eq!(tags, ["FOR_LOOP", "IMPL"]);
    assert_eq!(<Match as Reference>::TAG, "r#type");
    let holder = Holder { id: 1, r#match: Match::ForLoop(1), r#fn: Match::Impl(1) };
    let names: Vec<_> =
        <Holder as earnorm::Model>::metadata().relations.iter().map(|r| (r.name, r.foreign_key)).collect();
    assert_eq!(names, [("match", "match.id"), ("other", "fn.id")]);
    let _ = (holder.r#match(), holder.other(), Holder::FN, Match::FOR_LOOP, Match::IMPL);
    let document = MatchDocument::<&str, i32>::ForLoop("loop");
    assert_eq!(serde_json::to_string(&document).unwrap(), r#"{"r#type":"FOR_LOOP","document":"loop"}"#);
}

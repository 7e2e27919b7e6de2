//! Structs, fields and relations with keywords as names.
#![allow(non_camel_case_types, reason = "keywords are in lower case")]

use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "r#move", target = "r#type", fk = "r#match", back_populates = "r#struct")]
struct r#struct {
    #[serde(rename = "_id")]
    r#ref: ObjectId,
    r#fn: Option<String>,
}

#[derive(Serialize, Deserialize, Model)]
#[serde(rename_all = "UPPERCASE")]
struct r#type {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, name = "r#struct", target = r#struct, back_populates = "move")]
    r#match: ObjectId,
}

#[test]
fn models_have_their_relations() {
    assert_eq!(crate::relations::<r#struct>(), [("move", "types", "MATCH")]);
    assert_eq!(crate::relations::<r#type>(), [("struct", "structs", "MATCH")]);
    assert_eq!(r#struct::metadata().name, "struct");
    assert_eq!(r#struct::FN.name(), "fn");
    let document = r#struct { r#ref: ObjectId::new(), r#fn: None };
    assert_eq!(document.r#move().to_query().unwrap().filter, doc! { "MATCH": document.r#ref });
}

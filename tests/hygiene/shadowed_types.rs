//! The user's types have the names of types that the generated code uses.

use serde::{Deserialize, Serialize};

/// A trait gives every type these constants. The generated code must not use them.
#[allow(dead_code, reason = "only its names matter")]
trait Named {
    const META: u8 = 0;
    const METADATA: u8 = 0;
}
impl<T> Named for T {}

macro_rules! units {
    ($($name:ident)*) => { $(
        #[allow(dead_code, reason = "only its name matters")]
        #[derive(Debug, Serialize, Deserialize)]
        struct $name;
    )* };
}
units! { Result Some None Ok Err String Default Copy Clone Sized Send Iterator From Into Fn Field Relation Key Shape }

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Vec(u8);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Box(u8);

/// Not the standard `Option`, so a key of this type is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Option(u8);

/// A model with the name of the trait.
#[derive(Serialize, Deserialize, earnorm::Model)]
#[relation(one_to_many, target = "Filter", fk = "model_id", order_by = [("string", 1)], back_populates = "model")]
#[relation(many_to_many, name = "peers", target = "Model", through = "Operand", fk = "from", target_fk = "to")]
struct Model {
    #[serde(rename = "_id")]
    id: Option,
    result: Result,
    vec: Vec,
    boxed: Box,
    default: std::option::Option<Default>,
}

#[derive(Serialize, Deserialize, earnorm::Model)]
struct Filter {
    #[serde(rename = "_id")]
    id: Option,
    string: String,
    #[relation(many_to_one, target = "Model", back_populates = "filters")]
    model_id: Option,
    #[relation(many_to_one, target = "Model", on_delete = "set_null")]
    other_id: std::option::Option<Option>,
}

#[derive(Serialize, Deserialize, earnorm::Model)]
struct Operand {
    #[serde(rename = "_id")]
    id: Option,
    from: Option,
    to: Option,
}

#[test]
fn models_have_relations_and_nullable_fields() {
    assert_eq!(crate::relations::<Model>(), [("filters", "filters", "model_id"), ("peers", "models", "from")]);
    let nullable = <Filter as earnorm::Model>::metadata().fields.iter().map(|field| field.nullable);
    assert!(nullable.eq([false, false, false, true]), "only the standard `Option` is nullable");
}

#[test]
fn relation_methods_compile() {
    let model = Model { id: Option(1), result: Result, vec: Vec(2), boxed: Box(3), default: std::option::Option::None };
    let find = model.filters().filter(Filter::STRING.eq(String)).to_query().unwrap();
    assert_eq!(find.filter.get("model_id"), std::option::Option::Some(&1.into()));
}

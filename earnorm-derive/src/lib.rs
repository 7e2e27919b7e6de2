//! The derive macro of EarnORM; users find it in the crate `earnorm`, beside the trait of the same name. **All options are
//! in the documentation of [`Model`](macro@Model).** What follows is what models expand to.
#![doc = include_str!("../expansion/REFERENCE.md")]

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod ir;
mod lower;
mod names;
#[cfg(test)]
#[path = "../expansion/tests.rs"]
mod tests;

use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the model of the documents of one collection.
///
/// ```ignore
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize, Model)]
/// #[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete, back_populates = "author")]
/// pub struct User {
///     #[serde(rename = "_id")]
///     pub id: ObjectId,
///     pub name: String,
/// }
///
/// #[derive(Serialize, Deserialize, Model)]
/// pub struct Post {
///     #[serde(rename = "_id")]
///     pub id: ObjectId,
///     #[relation(many_to_one, target = "User", back_populates = "posts")]
///     pub author_id: ObjectId,
/// }
/// ```
///
/// The struct has named fields, one of which serde stores as `_id`, and no generic parameters. It gets a typed constant
/// for each stored field (`User::NAME`; the id's is always `User::ID`), and for each relation a typed constant
/// (`User::POSTS`) and a method (`user.posts()`), all with the struct's own visibility. serde's `rename`, `rename_all`,
/// `skip`, `flatten`, `with`, `serialize_with` and `skip_serializing_if` are honoured.
///
/// # `#[model(..)]`, on the struct
///
/// | option | meaning |
/// |---|---|
/// | `collection = "users"` | where the documents are; by default the plural of the struct's name in `snake_case` |
/// | `crate = path` | where the crate `earnorm` is; by default at `::earnorm` |
/// | `hooks` | the model implements `Hooks`; by default it has none |
/// | `check_references` | plain writes and those of handles check that what they refer to is there, as `insert_checked` does; updates by operators don't. By default nothing is checked |
/// | `guard = "_rev"` | the field of this struct, a number, that checked writes of children increment, so that none can slip past a delete. By default none. Checked writes under one parent then conflict with each other, and it is no version |
///
/// # `#[relation(..)]`, on the struct, or on the field that holds the key
///
/// First the kind, and where it is written:
///
/// | kind | on the struct | on a field |
/// |---|---|---|
/// | `one_to_one` | `fk` names the key in the target | the field is the key |
/// | `one_to_many` | `fk` names the key in the target | |
/// | `many_to_one` | | the field is the key |
/// | `many_to_many` | one of `through`, `ids`, `target_ids` | the field is an array of the target's ids |
///
/// Then the options. A model or a field may be written in quotes or without, a field also by its constant.
///
/// | option | meaning |
/// |---|---|
/// | `target = "Post"` | the other model: a path. Always written |
/// | `name = "posts"` | the method's name, and in upper case the constant's. By default that of the target, in the plural where there are many; on a field, the field's without `_id` or `_ids`: `author_id` gives `author()` and `AUTHOR` |
/// | `fk = "author_id"` | the field of the target that holds this model's id: no default. With `through` the field of the join model, by default this model's name with `_id` |
/// | `through = "UserGroup"` | the join model of a `many_to_many` |
/// | `target_fk = "group_id"` | the field of the join model that holds the target's id; by default the target's name with `_id` |
/// | `ids = "club_ids"` | the field of this model that holds an array of the target's ids |
/// | `target_ids = "club_ids"` | the field of the target that holds an array of this model's ids |
/// | `filter = doc! { .. }` | which documents belong to the relation, as BSON; by default all that the key says |
/// | `order_by = [("likes", -1), ..]` | in which order they come: fields of the target, 1 or -1; by default in none |
/// | `limit = 10` | how many come at most; by default all |
/// | `on_delete = ".."` | what a delete does to those that refer to the deleted document: `cascade`, `set_null`, `restrict` or `no_action`. By default `no_action`; links of a `many_to_many` are deleted |
/// | `cascade_delete` | short for `on_delete = "cascade"` |
/// | `orphan_removal` | a child that is taken out of the relation is deleted; by default its key is emptied |
/// | `lazy_load = false` | queries of this model load the relation by themselves; by default `true`: they load what `with` asks for |
/// | `back_populates = "author"` | the relation of the target that is the other side, which the compiler compares; by default nothing is compared |
/// | `index = false` | `ensure_indexes` makes no index for the relation; by default `true`: it does |
#[proc_macro_derive(Model, attributes(model, relation))]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Read, mean, judge, write; what was found on the way is reported in the end.
fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let expansion = match attr::read(input, &mut errors) {
        Some(read) => {
            let mut model = lower::lower(read, &mut errors);
            check::check(&mut model, &mut errors);
            expand::expand(&model)
        }
        None => fallback::stub(input),
    };
    fallback::with_errors(&expansion, errors)
}

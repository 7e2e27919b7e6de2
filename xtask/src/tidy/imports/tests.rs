#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use super::layers::Layers;
use super::problems;
use super::tree::Tree;

const LAYERS: Layers =
    Layers { package: "shop", order: &[&["store"], &["query", "relation"], &["model"]], facade: &[] };

/// Modules without a mistake: what lies above uses what lies below, directly and by a re-export.
const SOUND: [(&str, &str); 6] = [
    ("lib.rs", "mod model; mod query; mod relation; mod store; pub use query::Query; pub use store::Row;"),
    ("model.rs", "use crate::{Query, store::{self, Row as Stored}}; fn get() -> Stored { store::rows::read() }"),
    ("query.rs", "use crate::Row; pub struct Query(Row); /// See [`crate::model`].\nfn model() {}"),
    ("relation.rs", "#[cfg(test)] mod tests { use crate::model::get; }"),
    ("store/mod.rs", "pub mod rows; pub use self::rows::Row; pub(crate) struct Batch(Row);"),
    ("store/rows.rs", "pub struct Row; pub fn read() -> Row { Row }"),
];

/// What is wrong with the sound modules when the code is added to the end of one of them.
fn with(file: &str, code: &str) -> Vec<String> {
    with_layers(file, code, &LAYERS)
}

fn with_layers(file: &str, code: &str, layers: &Layers) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("src");
    fs::create_dir_all(source.join("store")).unwrap();
    for (name, text) in SOUND {
        let more = if name == file { code } else { "" };
        fs::write(source.join(name), format!("{text}\n{more}\n")).unwrap();
    }
    problems(&Tree::read(dir.path(), &source.join("lib.rs")).unwrap(), layers)
}

#[test]
fn imports_of_lower_layers_are_accepted() {
    assert_eq!(with("", ""), [""; 0]);
    // another module of the same layer
    assert_eq!(with("query.rs", "use crate::relation::*;"), [""; 0]);
}

#[test]
fn an_import_of_a_higher_layer_is_reported() {
    assert_eq!(
        with("store/rows.rs", "use crate::query::Query;"),
        ["src/store/rows.rs:2: `use crate::query::Query;`: `store` is in layer 1, and `query` is in layer 2; \
          move what is used down, or what uses it up"]
    );
}

#[test]
fn every_way_to_name_a_module_is_understood() {
    for code in [
        "use crate::Query;",
        "use super::super::query::Query;",
        "use super::super::{query::{self as q, Query as Q}};",
        "use super::super::query::*;",
        "use super::super::query; struct Wide(query::Query);",
        "fn wide() -> crate::Query { todo!() }",
        "fn wide() { let _ = vec![crate::query::Query::new()]; }",
        "fn wide() { doc! { \"wide\": crate::query::Query::new() } }",
        "macro_rules! wide { () => { $crate::Query::new() } }",
        "fn wide() { use crate::Query; }",
        "mod inner { use super::super::super::Query; }",
        "pub use crate::Query;",
    ] {
        let found = with("store/rows.rs", code);
        assert_eq!(found.len(), 1, "{code}: {found:#?}");
        assert!(found[0].contains("`store` is in layer 1, and `query` is in layer 2"), "{found:#?}");
    }
}

#[test]
fn what_is_not_code_of_the_crate_is_left_out() {
    for code in [
        "#[cfg(test)] use crate::Query;",
        "#[cfg(all(test, unix))] fn wide() { crate::query::model() }",
        "/// [`crate::Query`]\nfn wide() {}",
        "fn wide() { let query = 1; quote!(crate::Query); query }",
        "fn wide() -> ::query::Query { query::Query }",
        "fn wide() { doc! { \"wide\": ::crate::query::Query, $query::Query } }",
    ] {
        assert_eq!(with("store/rows.rs", code), [""; 0], "{code}");
    }
}

#[test]
fn an_item_of_the_root_is_above_all_layers() {
    let found = with("model.rs", "use crate::Config;");
    assert!(found[0].contains("`model` is in layer 3, and it is defined in the crate root"), "{found:#?}");
}

#[test]
fn any_module_may_name_the_facade_and_nothing_else_of_its_module() {
    let layers = Layers { facade: &[("model", "Model")], ..LAYERS };
    assert_eq!(with_layers("store/rows.rs", "use crate::model::Model;", &layers), [""; 0]);
    let found = with_layers("store/rows.rs", "use crate::model::model;", &layers);
    assert!(found[0].contains("`store` is in layer 1, and `model` is in layer 3"), "{found:#?}");
}

#[test]
fn two_modules_of_one_layer_that_use_each_other_are_reported() {
    assert_eq!(with("relation.rs", "use crate::Query; pub(crate) struct Key;"), [""; 0]);
    let dir = tempfile::tempdir().unwrap();
    for (name, code) in [
        ("lib.rs", "mod model; mod query; mod relation; mod store;"),
        ("model.rs", ""),
        ("store.rs", ""),
        ("query.rs", "\nuse crate::relation::Key;\npub(crate) struct Query(Key);"),
        ("relation.rs", "pub(crate) struct Key;\npub(crate) fn all() -> crate::query::Query { todo!() }"),
    ] {
        fs::write(dir.path().join(name), code).unwrap();
    }
    let tree = Tree::read(dir.path(), &dir.path().join("lib.rs")).unwrap();
    assert_eq!(
        problems(&tree, &LAYERS),
        ["the modules `query`, `relation` of `shop` use each other:\n    \
          query.rs:2: `use crate::relation::Key;`\n    \
          relation.rs:2: `crate::query::Query`"]
    );
}

#[test]
fn two_modules_inside_one_that_use_each_other_are_reported() {
    assert_eq!(
        with("store/rows.rs", "use super::Batch;"),
        ["the modules `store`, `store::rows` of `shop` use each other:\n    \
          src/store/mod.rs:1: `Row`\n    \
          src/store/rows.rs:2: `use super::Batch;`"]
    );
}

#[test]
fn the_table_names_the_modules_of_the_crate() {
    let order: &[&[&str]] = &[&["store"], &["query", "cursor"], &["model"]];
    let found = with_layers("", "", &Layers { order, ..LAYERS });
    assert_eq!(
        found,
        [
            "the module `relation` of `shop` has no layer; correct `LAYERS` in xtask/src/tidy/imports/layers.rs",
            "`shop` has no module `cursor`; correct `LAYERS` in xtask/src/tidy/imports/layers.rs"
        ]
    );
}

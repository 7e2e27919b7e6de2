//! Lists that are kept in step: the options in the documentation, in the messages and in the receivers, and the methods
//! of the trait `Model`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use syn::{Item, TraitItem};

use crate::attr::{IndexAttr, Mark, ModelAttr, Options, Receiver, RelationAttr};
use crate::check::OTHER_METHODS;
use crate::names::METHODS_OF_MODEL;

const OPTIONS: &str = include_str!("OPTIONS.md");

/// The names in the first cells of all tables in a section of the documentation.
fn documented(attribute: &str, place: &str) -> BTreeSet<String> {
    let heading = format!("# `#[{attribute}(..)]`, on {place}");
    let section = OPTIONS.split("\n# ").find(|section| format!("# {section}").starts_with(&heading));
    let cells = section.into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("| `"));
    let words = cells.filter_map(|cell| cell.split(['`', ' ']).next());
    words.map(str::to_owned).collect()
}

fn used(options: Options) -> BTreeSet<String> {
    options.usages().filter_map(|usage| usage.split(' ').next()).map(str::to_owned).collect()
}

/// The fields of a receiver, by the names that they have in the attribute.
fn received(source: &str, receiver: &str) -> Result<BTreeSet<String>, syn::Error> {
    let mut names = BTreeSet::new();
    for item in syn::parse_file(source)?.items {
        let Item::Struct(item) = item else { continue };
        if item.ident == receiver {
            let fields = item.fields.iter().filter_map(|field| field.ident.as_ref());
            names.extend(fields.map(|field| if field == "krate" { "crate".to_owned() } else { field.to_string() }));
        }
    }
    Ok(names)
}

#[test]
fn the_documentation_has_every_option() -> Result<(), syn::Error> {
    let model = used(ModelAttr::OPTIONS);
    assert_eq!(documented("model", "the struct"), model);
    assert_eq!(received(include_str!("../src/attr/model.rs"), "ModelAttr")?, model);

    let marks: BTreeSet<_> = Mark::ALL.iter().map(|mark| mark.word().to_owned()).collect();
    assert_eq!(documented("model", "a field"), marks);

    let relation = used(RelationAttr::OPTIONS);
    assert_eq!(documented("relation", "the struct, or on the field"), relation);
    assert_eq!(received(include_str!("../src/attr/relation.rs"), "RelationAttr")?, relation);

    let index = used(IndexAttr::OPTIONS);
    assert_eq!(documented("index", "the struct"), index);
    assert_eq!(received(include_str!("../src/attr/index.rs"), "IndexAttr")?, index);
    Ok(())
}

#[test]
fn no_method_of_a_model_is_free_for_a_relation() -> Result<(), Box<dyn Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../earnorm-core/src/model.rs");
    let mut methods = BTreeSet::new();
    for item in syn::parse_file(&fs::read_to_string(path)?)?.items {
        let Item::Trait(item) = item else { continue };
        for method in item.items.iter().filter(|_| item.ident == "Model") {
            let TraitItem::Fn(method) = method else { continue };
            // a hidden method exists for the message of the compiler only, and a relation may hide it
            let is_hidden = method.attrs.iter().any(|attribute| {
                attribute.path().is_ident("doc") && attribute.parse_args::<syn::Ident>().is_ok_and(|a| a == "hidden")
            });
            if !is_hidden {
                methods.insert(method.sig.ident.to_string());
            }
        }
    }
    let listed: BTreeSet<_> = METHODS_OF_MODEL.split(' ').map(str::to_owned).collect();
    assert_eq!(listed, methods, "correct `METHODS_OF_MODEL` in earnorm-derive/src/names.rs");
    assert!(OTHER_METHODS.iter().all(|method| !methods.contains(*method)));
    Ok(())
}

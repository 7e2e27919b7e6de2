//! Prints the expansion of models in files, for `cargo xtask expand`. It is a test, since other crates can't call the code
//! of a macro.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use syn::{Attribute, Block, DeriveInput, File, ImplItem, Item, Stmt};

use super::{derive, derived, role};

/// Writes a file into `EARNORM_EXPAND_INTO` for each model called `EARNORM_EXPAND` in the files of
/// `EARNORM_EXPAND_FILES`. The first line is the path of the model's file, the rest its expansion.
#[test]
#[ignore = "`cargo xtask expand` runs it"]
fn print() -> Result<(), Box<dyn Error>> {
    let (name, into) = (env::var("EARNORM_EXPAND")?, PathBuf::from(env::var("EARNORM_EXPAND_INTO")?));
    let files = env::var_os("EARNORM_EXPAND_FILES").unwrap_or_default();
    let mut number = 0;
    for path in env::split_paths(&files) {
        // some test files don't parse on purpose
        let Ok(file) = syn::parse_file(&fs::read_to_string(&path)?) else {
            continue;
        };
        let mut models = Vec::new();
        find(&file.items, &name, &mut models);
        for model in models {
            let expansion: File = syn::parse2(derive(&model))?;
            let text = format!("{}\n{}", path.display(), prettyplease::unparse(&expansion));
            fs::write(into.join(format!("{number}.rs")), text)?;
            number += 1;
        }
    }
    Ok(())
}

/// Whether an enum derives `Model` or `Reference`.
fn is_derived(attributes: &[Attribute]) -> bool {
    derived(attributes).iter().any(|name| name == "Model" || name == "Reference")
}

fn find(items: &[Item], name: &str, found: &mut Vec<DeriveInput>) {
    for item in items {
        match item {
            Item::Struct(model) if model.ident == name && role(&model.attrs).is_some() => {
                found.push(model.clone().into());
            }
            Item::Enum(model) if model.ident == name && is_derived(&model.attrs) => found.push(model.clone().into()),
            Item::Mod(module) => find(module.content.as_ref().map_or(&[], |(_, items)| items), name, found),
            Item::Fn(function) => find_in(&function.block, name, found),
            Item::Impl(block) => {
                for item in &block.items {
                    if let ImplItem::Fn(function) = item {
                        find_in(&function.block, name, found);
                    }
                }
            }
            _ => {}
        }
    }
}

fn find_in(block: &Block, name: &str, found: &mut Vec<DeriveInput>) {
    for statement in &block.stmts {
        if let Stmt::Item(item) = statement {
            find(std::slice::from_ref(item), name, found);
        }
    }
}

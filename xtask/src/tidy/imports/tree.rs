//! The modules of a crate: what each defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Lit, Meta, UseTree, Visibility};

use super::names::{self, Mention, is_for_tests};
use crate::command::Outcome;

/// A crate. Its first module is the root.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
    /// The macros with `#[macro_export]`, and the module that defines each.
    pub(super) exported: BTreeMap<String, usize>,
}

/// A module. The modules of tests are left out.
#[derive(Default)]
pub(super) struct Module {
    /// The names from the root to this module. Empty for the root.
    pub(super) path: Vec<String>,
    pub(super) parent: Option<usize>,
    pub(super) file: PathBuf,
    /// The module is written inside the file of its parent.
    pub(super) inline: bool,
    pub(super) children: BTreeMap<String, usize>,
    /// The names of the items that it defines.
    pub(super) items: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    /// The paths in its code that aren't imports.
    pub(super) mentions: Vec<Mention>,
}

/// One name that a `use` brings into a module, or all names of another module.
pub(super) struct Import {
    /// The name in this module. `None` for `*`.
    pub(super) name: Option<String>,
    /// Other modules see the name in this one.
    pub(super) is_public: bool,
    pub(super) target: Mention,
}

impl Module {
    /// The module as code names it: `load::fetch`.
    pub(super) fn name(&self) -> String {
        if self.path.is_empty() { "the crate root".to_owned() } else { self.path.join("::") }
    }
}

impl Tree {
    /// Reads the crate whose root is this file. The paths of its files are relative to `base`.
    pub(super) fn read(base: &Path, root: &Path) -> Outcome<Self> {
        let mut tree = Self::default();
        tree.read_file(base, root, None, Vec::new())?;
        Ok(tree)
    }

    fn read_file(&mut self, base: &Path, file: &Path, parent: Option<usize>, path: Vec<String>) -> Outcome<usize> {
        let text = fs::read_to_string(file).map_err(|error| format!("can't read `{}`: {error}", file.display()))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("can't parse `{}`: {error}", file.display()))?;
        let relative = file.strip_prefix(base).unwrap_or(file).to_owned();
        let module = self.add(Module { path, parent, file: relative, ..Module::default() });
        // its children are next to `mod.rs`, or in a directory that is named after any other file
        let is_directory = ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| file.ends_with(name));
        let children = if is_directory { file.with_file_name("") } else { file.with_extension("") };
        self.read_items(base, &children, module, &parsed.items)?;
        Ok(module)
    }

    fn add(&mut self, module: Module) -> usize {
        self.modules.push(module);
        self.modules.len() - 1
    }

    fn read_items(&mut self, base: &Path, children: &Path, module: usize, items: &[Item]) -> Outcome {
        for item in items.iter().filter(|item| !names::attributes(item).iter().any(is_for_tests)) {
            match item {
                Item::Mod(child) => self.read_module(base, children, module, child)?,
                Item::Use(import) => self.modules[module].imports.extend(imports(import)),
                other => self.read_item(module, other),
            }
        }
        Ok(())
    }

    fn read_module(&mut self, base: &Path, children: &Path, parent: usize, declared: &ItemMod) -> Outcome {
        let name = names::text(&declared.ident);
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let child = if let Some((_, items)) = &declared.content {
            let file = self.modules[parent].file.clone();
            let child = self.add(Module { path, parent: Some(parent), file, inline: true, ..Module::default() });
            self.read_items(base, &children.join(&name), child, items)?;
            child
        } else {
            let file = match path_attribute(&declared.attrs) {
                Some(written) => children.join(written),
                None => Some(children.join(format!("{name}.rs")))
                    .filter(|file| file.is_file())
                    .unwrap_or_else(|| children.join(&name).join("mod.rs")),
            };
            self.read_file(base, &file, Some(parent), path)?
        };
        self.modules[parent].children.insert(name, child);
        Ok(())
    }

    fn read_item(&mut self, module: usize, item: &Item) {
        if let Some(name) = names::defined(item) {
            if names::attributes(item).iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                self.exported.insert(name.clone(), module);
            }
            self.modules[module].items.insert(name);
        }
        let (mentions, uses) = names::mentioned(item);
        self.modules[module].mentions.extend(mentions);
        self.modules[module].imports.extend(uses.iter().flat_map(imports));
    }
}

/// The names that a `use` imports, each with its whole path.
fn imports(import: &ItemUse) -> Vec<Import> {
    let is_public = !matches!(import.vis, Visibility::Inherited);
    let mut found = Vec::new();
    // a path that begins with `::` is a path of another crate
    if import.leading_colon.is_none() {
        flatten(&import.tree, &mut Vec::new(), is_public, &mut found);
    }
    found
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, is_public: bool, found: &mut Vec<Import>) {
    let mut add = |name: Option<String>, last: Option<&syn::Ident>, line: usize, before: &[String]| {
        let mut path = before.to_vec();
        path.extend(last.map(names::text).filter(|last| last != "self"));
        found.push(Import { name, is_public, target: Mention { path, line } });
    };
    match tree {
        UseTree::Path(path) => {
            before.push(names::text(&path.ident));
            flatten(&path.tree, before, is_public, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let text = names::text(&name.ident);
            // `use a::b::{self}` imports `b`
            let bound = if text == "self" { before.last().cloned() } else { Some(text) };
            add(bound, Some(&name.ident), name.ident.span().start().line, before);
        }
        UseTree::Rename(rename) => {
            add(Some(names::text(&rename.rename)), Some(&rename.ident), rename.ident.span().start().line, before);
        }
        UseTree::Glob(glob) => add(None, None, glob.star_token.spans[0].start().line, before),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, is_public, found)),
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

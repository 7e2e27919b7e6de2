//! The direction of imports.
//!
//! The modules that a crate's root declares are arranged in layers ([`layers::LAYERS`]):
//!
//! * A module may use modules of lower layers, and of its own layer. The root may use all modules. No module may use an
//!   item that the root defines.
//! * Modules may not use each other, directly or in a longer cycle: neither the modules of one layer nor the modules inside
//!   one of them, itself included.
//!
//! A use is a `use` declaration, or a path in the code, that leads to an item of another module. The path of a re-export is
//! followed to the module that defines the item. A module that re-exports an item of one of its submodules doesn't use it.
//! Method calls, attributes, doc comments and tests don't count.
//!
//! The facade of a crate is a trait in its top layer that any module may name: its methods call into every layer, and every
//! layer has functions with the trait as a bound.

mod cycles;
mod layers;
mod names;
mod resolve;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::cycles::cycles;
use self::layers::{LAYERS, Layers, WITHOUT_LAYERS};
use self::resolve::Edge;
use self::tree::Tree;
use crate::command::Outcome;

/// Checks every crate of the workspace.
pub(super) fn check(root: &Path) -> Outcome<Vec<String>> {
    let mut errors = Vec::new();
    for package in members(root)? {
        let Some(file) = crate_root(&root.join(&package)) else { continue };
        let tree = Tree::read(root, &file)?;
        match LAYERS.iter().find(|layers| layers.package == package) {
            Some(layers) => errors.extend(problems(&tree, layers)),
            None if tree.modules.len() > 2 && !WITHOUT_LAYERS.contains(&package.as_str()) => {
                errors
                    .push(format!("`{package}` has no layers; add it to `LAYERS` in xtask/src/tidy/imports/layers.rs"));
            }
            None => {}
        }
    }
    Ok(errors)
}

/// The directories in `members = [..]` of the workspace.
fn members(root: &Path) -> Outcome<Vec<String>> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let list = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.ok_or("Cargo.toml has no `members = [..]`")?;
    Ok(list.split(',').map(|name| name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty()).collect())
}

fn crate_root(package: &Path) -> Option<PathBuf> {
    ["src/lib.rs", "src/main.rs"].iter().map(|file| package.join(file)).find(|file| file.is_file())
}

/// What is wrong with a crate.
fn problems(tree: &Tree, layers: &Layers) -> Vec<String> {
    let checked = Crate { tree, layers, edges: tree.edges() };
    let mut problems = checked.unlisted();
    problems.extend(checked.upward());
    problems.extend(checked.cycles());
    problems
}

struct Crate<'a> {
    tree: &'a Tree,
    layers: &'a Layers,
    edges: Vec<Edge>,
}

impl Crate<'_> {
    /// The module below the root that a module is, or is inside of. `None` for the root.
    fn top(&self, module: usize) -> Option<&str> {
        self.tree.modules[module].path.first().map(String::as_str)
    }

    /// The number of a module's layer, from 1.
    fn layer(&self, top: &str) -> Option<usize> {
        self.layers.order.iter().position(|layer| layer.contains(&top)).map(|place| place + 1)
    }

    /// The table and the root's declarations have to agree.
    fn unlisted(&self) -> Vec<String> {
        let modules = &self.tree.modules;
        let declared = modules[0].children.iter().filter(|(_, module)| !modules[**module].inline);
        let declared: BTreeSet<_> = declared.map(|(name, _)| name.as_str()).collect();
        let listed: BTreeSet<_> = self.layers.order.iter().flat_map(|layer| layer.iter().copied()).collect();
        let package = self.layers.package;
        let missing =
            declared.difference(&listed).map(|name| format!("the module `{name}` of `{package}` has no layer"));
        let gone = listed.difference(&declared).map(|name| format!("`{package}` has no module `{name}`"));
        missing
            .chain(gone)
            .map(|what| format!("{what}; correct `LAYERS` in xtask/src/tidy/imports/layers.rs"))
            .collect()
    }

    /// Whether what is used is the trait that any module may name.
    fn is_facade(&self, edge: &Edge) -> bool {
        self.layers.facade.iter().any(|(module, name)| {
            let text = edge.text.trim_end_matches(';');
            self.top(edge.to) == Some(module) && text.rsplit("::").next() == Some(name)
        })
    }

    /// The uses of a higher layer.
    fn upward(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for edge in self.edges.iter().filter(|edge| !self.is_facade(edge)) {
            let Some(from) = self.top(edge.from) else { continue };
            let Some(of_from) = self.layer(from) else { continue };
            let what = match self.top(edge.to) {
                Some(to) => match self.layer(to) {
                    Some(of_to) if of_to > of_from => format!("`{to}` is in layer {of_to}"),
                    _ => continue,
                },
                None => "it is defined in the crate root, above all layers".to_owned(),
            };
            wrong.push(format!(
                "{}: `{from}` is in layer {of_from}, and {what}; move what is used down, or what uses it up",
                self.place(edge)
            ));
        }
        wrong
    }

    /// The modules of one layer, and those inside one module, that use each other.
    fn cycles(&self) -> Vec<String> {
        let modules = &self.tree.modules;
        let mut steps: BTreeMap<_, &Edge> = BTreeMap::new();
        for edge in &self.edges {
            let (Some(from), Some(to)) = (self.top(edge.from), self.top(edge.to)) else { continue };
            let step = if from == to {
                (edge.from, edge.to)
            } else if self.layer(from) == self.layer(to) {
                (modules[0].children[from], modules[0].children[to])
            } else {
                continue;
            };
            steps.entry(step).or_insert(edge);
        }
        let mut found = Vec::new();
        for cycle in cycles(&steps.keys().copied().collect()) {
            let names: Vec<_> = cycle.iter().map(|module| format!("`{}`", modules[*module].name())).collect();
            let next = cycle.iter().cycle().skip(1);
            let edges = cycle.iter().zip(next).filter_map(|(from, to)| steps.get(&(*from, *to)));
            let places: Vec<_> = edges.map(|edge| self.place(edge)).collect();
            let (names, package, places) = (names.join(", "), self.layers.package, places.join("\n    "));
            found.push(format!("the modules {names} of `{package}` use each other:\n    {places}"));
        }
        found
    }

    fn place(&self, edge: &Edge) -> String {
        format!("{}:{}: `{}`", self.tree.modules[edge.from].file.display(), edge.line, edge.text)
    }
}

#[cfg(test)]
mod tests;

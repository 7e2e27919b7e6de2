//! From a path to the module that defines what it names.

use std::collections::BTreeSet;

use super::names::Mention;
use super::tree::{Import, Module, Tree};

/// The names that a search has already looked up, since re-exports may lead back to where they began.
type Seen = BTreeSet<(usize, String, bool)>;

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    /// An item of this module.
    Item(usize),
}

/// A module uses what another one defines.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: usize,
    /// The import or the path, as it would be written alone.
    pub(super) text: String,
}

impl Tree {
    /// Every use of a module by another one. A module that is written inside the file of another counts as that one. A
    /// re-export of something below the module isn't a use of it.
    pub(super) fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (index, module) in self.modules.iter().enumerate() {
            let from = self.with_file(index);
            // an imported name counts where it is imported, and not again where it is mentioned
            let mut imported = BTreeSet::new();
            for Import { name, is_public, target } in &module.imports {
                let found = self.resolve(index, &target.path, &mut Seen::new());
                let ((Some(_), Some(Target::Item(to))) | (None, Some(Target::Module(to)))) = (name, found) else {
                    continue;
                };
                if !(*is_public && self.is_below(to, index)) {
                    let all = if name.is_none() { "::*" } else { "" };
                    let text = format!("use {}{all};", target.path.join("::"));
                    edges.push(Edge { from, to: self.with_file(to), line: target.line, text });
                    imported.extend(name);
                }
            }
            for Mention { path, line } in &module.mentions {
                if let Some(Target::Item(to)) = self.resolve(index, path, &mut Seen::new())
                    && path.first().is_some_and(|first| !imported.contains(first))
                {
                    edges.push(Edge { from, to: self.with_file(to), line: *line, text: path.join("::") });
                }
            }
        }
        edges.retain(|edge| edge.from != edge.to);
        edges
    }

    /// The module whose file contains this one: itself, or the nearest parent that isn't inline.
    fn with_file(&self, mut module: usize) -> usize {
        while let Module { inline: true, parent: Some(parent), .. } = &self.modules[module] {
            module = *parent;
        }
        module
    }

    fn is_below(&self, module: usize, ancestor: usize) -> bool {
        let mut above = self.modules[module].parent;
        while let Some(parent) = above {
            if parent == ancestor {
                return true;
            }
            above = self.modules[parent].parent;
        }
        false
    }

    /// What a path in a module leads to, or `None` for what another crate defines.
    fn resolve(&self, from: usize, path: &[String], seen: &mut Seen) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(self.modules[from].parent?),
            name => self.look_up(from, name, rest.is_empty(), seen)?,
        };
        while let (Target::Module(module), Some((name, after))) = (target, rest.split_first()) {
            target = match name.as_str() {
                "super" => Target::Module(self.modules[module].parent?),
                // an item that no declaration shows is one that a macro writes into the module
                name => self.look_up(module, name, after.is_empty(), seen).unwrap_or(Target::Item(module)),
            };
            rest = after;
        }
        Some(target)
    }

    /// What a name means in a module. A module and an item may share one: before `::` it means the module.
    fn look_up(&self, module: usize, name: &str, is_last: bool, seen: &mut Seen) -> Option<Target> {
        if !seen.insert((module, name.to_owned(), is_last)) {
            return None;
        }
        let Module { children, items, imports, .. } = &self.modules[module];
        let child = || children.get(name).map(|child| Target::Module(*child));
        if !is_last && let Some(child) = child() {
            return Some(child);
        }
        if items.contains(name) {
            return Some(Target::Item(module));
        }
        let named = imports.iter().filter(|import| import.name.as_deref() == Some(name));
        for Import { target, .. } in named {
            if let Some(imported) = self.resolve(module, &target.path, seen) {
                return Some(imported);
            }
        }
        if let Some(child) = child() {
            return Some(child);
        }
        if let (0, Some(defined)) = (module, self.exported.get(name)) {
            return Some(Target::Item(*defined));
        }
        imports.iter().filter(|import| import.name.is_none()).find_map(|glob| {
            match self.resolve(module, &glob.target.path, seen)? {
                Target::Module(other) if other != module => self.look_up(other, name, is_last, seen),
                _ => None,
            }
        })
    }
}

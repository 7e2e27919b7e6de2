//! The names that an item defines, and the paths that its code mentions.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, ItemUse, Macro, Meta, PatIdent, Path, Token};

/// The macros whose argument is code of another crate.
const QUOTES: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "stringify"];

/// A path, and the line where it is written.
#[derive(Clone)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

pub(super) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an attribute is `#[cfg(test)]`, or `#[cfg(all(test, ..))]`.
pub(super) fn is_for_tests(attribute: &Attribute) -> bool {
    fn needs_test(condition: &Meta) -> bool {
        match condition {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .is_ok_and(|conditions| conditions.iter().any(needs_test)),
            _ => false,
        }
    }
    attribute.path().is_ident("test")
        || attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|meta| needs_test(&meta))
}

/// The name that an item has in its module.
pub(super) fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(text(ident))
}

/// The paths in an item, and the `use` declarations in the bodies of its functions.
pub(super) fn mentioned(item: &Item) -> (Vec<Mention>, Vec<ItemUse>) {
    let mut locals = Locals::default();
    locals.visit_item(item);
    let mut paths = Paths { locals: locals.0, found: Vec::new(), uses: Vec::new() };
    paths.visit_item(item);
    (paths.found, paths.uses)
}

/// The local variables of an item. A path that is only the name of one doesn't name an item.
#[derive(Default)]
struct Locals(BTreeSet<String>);

impl<'ast> Visit<'ast> for Locals {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.insert(text(&pattern.ident));
        visit::visit_pat_ident(self, pattern);
    }
}

struct Paths {
    locals: BTreeSet<String>,
    found: Vec<Mention>,
    uses: Vec<ItemUse>,
}

impl Paths {
    fn add(&mut self, path: Vec<String>, line: usize) {
        let is_local = path.len() == 1 && path.iter().all(|name| self.locals.contains(name));
        if !is_local {
            self.found.push(Mention { path, line });
        }
    }

    /// The paths of several names in tokens that can't be parsed.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let is = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(first) => {
                    let is_before =
                        |back: usize, wanted: char| at.checked_sub(1 + back).is_some_and(|at| is(at, wanted));
                    // a name after `::` continues the path of another crate, one after `$` is a variable of the macro
                    let is_external = is_before(1, ':') && is_before(2, ':');
                    let is_variable = is_before(1, '$') && first != "crate";
                    let (line, mut path) = (first.span().start().line, vec![text(first)]);
                    while is(at, ':') && is(at + 1, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 2) else { break };
                        path.push(text(next));
                        at += 3;
                    }
                    if !is_external && !is_variable && path.len() > 1 {
                        self.add(path, line);
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    /// The words of attributes, doc comments among them, aren't code.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !matches!(item, ImplItem::Fn(function) if function.attrs.iter().any(is_for_tests)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.uses.push(import.clone());
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            self.add(path.segments.iter().map(|segment| text(&segment.ident)).collect(), line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        if call.path.segments.last().is_some_and(|last| QUOTES.iter().any(|name| last.ident == name)) {
            return;
        }
        let expressions = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone());
        match expressions {
            // what is parsed here lives only for this call, so the visitor takes it by another lifetime
            Ok(expressions) => expressions.iter().for_each(|expression| Visit::visit_expr(self, expression)),
            Err(_) => self.scan(call.tokens.clone()),
        }
    }
}

//! A typed constant and an accessor for each relation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use super::{docs, paths};
use crate::attr::{FieldName, Kind, Rule};
use crate::ir::{Key, Meaning, Model};

pub(super) fn accessor(model: &Model, relation: &Meaning) -> TokenStream {
    let p = paths::private(model);
    let Model { ident, vis, .. } = model;
    let (descriptor, handle) = types(relation);
    let (constant, method, marker) = (
        &relation.name.constant,
        &relation.name.method,
        &relation.name.marker,
    );
    let target = &relation.target.path;
    let join = match &relation.key {
        Key::Through { join, .. } => {
            let join = &join.path;
            quote!(, #join)
        }
        _ => TokenStream::new(),
    };
    let keys = keys(model, relation);
    let (doc, method_doc) = (docs::relation(model, relation), docs::accessor(relation));
    quote! {
        #[doc = #doc]
        #vis const #constant: #p::#descriptor<#ident, #target, #marker #join> = #p::#descriptor::new(#keys);
        #[doc = #method_doc]
        #vis fn #method(&self) -> #p::#handle<'_, #ident, #target, #marker #join> {
            Self::#constant.of(self)
        }
    }
}

/// The constant's type and the accessor's.
fn types(relation: &Meaning) -> (Ident, Ident) {
    let (descriptor, handle) = match (&relation.key, relation.kind) {
        (Key::InTarget(_), Kind::OneToOne) => ("OneToOne", "HasOne"),
        (Key::InTarget(_), _) => ("OneToMany", "ToMany"),
        (Key::InSource(_), _) => ("ManyToOne", "ToOne"),
        (Key::Through { .. }, _) => ("ManyToMany", "Links"),
        (Key::Ids(_), _) => ("ManyToManyByIds", "ByIds"),
        (Key::InIds(_), _) => ("ManyToManyInIds", "InIds"),
    };
    let ident = |name| Ident::new(name, Span::call_site());
    (ident(descriptor), ident(handle))
}

/// The checked keys, each from the model whose id it holds: the check is the data.
fn keys(model: &Model, relation: &Meaning) -> TokenStream {
    let me = Path::from(model.ident.clone());
    let target = &relation.target.path;
    match &relation.key {
        Key::InTarget(fk) => key(model, relation, &me, target, fk),
        Key::InSource(fk) => key(model, relation, target, &me, fk),
        Key::Ids(fk) => ids(model, target, &me, fk),
        Key::InIds(fk) => ids(model, &me, target, fk),
        Key::Through {
            join,
            source,
            target: other,
        } => {
            let source = key(model, relation, &me, &join.path, source);
            let other = key(model, relation, target, &join.path, other);
            quote!(#source, #other)
        }
    }
}

/// `key::<Parent, Child, _>(&<Child>::PARENT_ID)`, all of it where the key is named.
fn key(
    model: &Model,
    relation: &Meaning,
    parent: &Path,
    child: &Path,
    fk: &FieldName,
) -> TokenStream {
    let constant = fk.constant();
    let nullable = relation
        .on_delete
        .filter(|o| o.rule == Rule::SetNull && relation.kind != Kind::ManyToMany);
    let Some(on_delete) = nullable else {
        let p = paths::private_at(model, fk.span);
        let (parent, child) = (own(model, parent, fk.span), own(model, child, fk.span));
        return quote_spanned!(fk.span=> #p::key::<#parent, #child, _>(&<#child>::#constant));
    };
    // a key that can't be null is a mistake of the rule, so the finger is on that
    let span = on_delete.span;
    let p = paths::private_at(model, span);
    let (parent, child) = (own(model, parent, span), own(model, child, span));
    quote_spanned!(span=> #p::nullable_key::<#parent, #child, _>(&<#child>::#constant))
}

fn ids(model: &Model, parent: &Path, child: &Path, fk: &FieldName) -> TokenStream {
    let constant = fk.constant();
    let p = paths::private_at(model, fk.span);
    let (parent, child) = (own(model, parent, fk.span), own(model, child, fk.span));
    quote_spanned!(fk.span=> #p::keys::<#parent, #child, _>(&<#child>::#constant))
}

/// This model's name moves to the place of the key; another model's stays where it was written, for what is wrong with it.
fn own(model: &Model, path: &Path, span: Span) -> TokenStream {
    if path.is_ident(&model.ident) {
        paths::respanned(path, span)
    } else {
        quote!(#path)
    }
}

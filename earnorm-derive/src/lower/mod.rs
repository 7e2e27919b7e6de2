//! 2. Lower: fill in every default and infer every name. A name that can't be inferred is a mistake.

mod kinds;
mod reference;
mod relation;
mod view;

pub(crate) use kinds::lower_kinds;
pub(crate) use reference::lower_reference;
pub(crate) use relation::{check_name, no_such_field};
pub(crate) use view::lower_view;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{LitStr, Type};

use crate::attr::{FieldInput, Input, Mark, Names, Role, apply_case};
use crate::errors::Errors;
use crate::ir::{Field, Model, Relation, Stored};
use crate::names;

pub(crate) fn lower(input: Input, errors: &mut Errors) -> Model {
    let Input { role, ident, vis, model, serde, fields, relations, indexes } = input;
    let name = names::text(&ident);
    let case = rename_all(&serde.rename_all, errors);
    if let Some(tag) = &serde.tag {
        storable(&tag.value(), tag.span(), errors);
    }
    let fields: Vec<_> = fields.into_iter().map(|f| field(f, &ident, case.as_deref(), errors)).collect();
    let tag = serde.tag.as_ref().filter(|_| role == Role::Model).map(|tag| {
        let (field, value) = (tag.value(), serde.rename.serialize.as_ref().map_or_else(|| name.clone(), LitStr::value));
        if fields.iter().any(|other| matches!(&other.stored, Stored::As(stored) if *stored == field)) {
            let message = format!("`{field}` is the tag and a field, so it would be stored twice; rename one of them");
            errors.at(tag.span(), message);
        }
        (field, value)
    });
    let krate = model.krate.map_or_else(|| syn::parse_quote!(::earnorm), |k| k.0);
    let relations = relations
        .into_iter()
        .map(|declared| Relation { resolved: relation::resolve(&declared, &ident, &fields, errors), declared })
        .collect();
    Model {
        role,
        collection: match model.collection {
            // an embedded document has no collection
            _ if role == Role::Embedded => String::new(),
            Some(written) => written.0,
            None => names::plural(&names::snake(&name)),
        },
        hooks: model.hooks.is_present().then(|| model.hooks.span()),
        check_references: model.check_references.is_present(),
        guard: model.guard,
        open: serde.tag.is_some() || fields.iter().any(|f| matches!(f.stored, Stored::Flattened)),
        tag,
        id: fields.iter().position(|f| role == Role::Model && matches!(&f.stored, Stored::As(s) if s == "_id")),
        opaque: serde.opaque,
        ident,
        name,
        vis,
        krate,
        fields,
        relations,
        indexes,
        lookups: Vec::new(),
    }
}

fn rename_all(names: &Names, errors: &mut Errors) -> Option<String> {
    let [written, read] = [&names.serialize, &names.deserialize].map(|name| name.as_ref().map(LitStr::value));
    if let (Some(span), true) = (names.span, written != read) {
        errors.at(span, "`rename_all` differs for writing and reading; a model has one name for each field");
    }
    written
}

fn field(input: FieldInput, model: &Ident, case: Option<&str>, errors: &mut Errors) -> Field {
    let FieldInput { ident, ty, marks, serde } = input;
    let embedded = marks.iter().find(|(mark, _)| *mark == Mark::Embedded).map(|(_, at)| *at);
    let mut managed = marks.into_iter().filter(|(mark, _)| *mark != Mark::Embedded);
    let first = managed.next();
    for (mark, at) in managed {
        let (first, mark) = (first.map_or("", |(mark, _)| mark.word()), mark.word());
        errors.at(at, format!("a field can't be both `{first}` and `{mark}`; keep one"));
    }
    let name = names::text(&ident);
    let by_default = || case.map_or_else(|| name.clone(), |rule| apply_case(rule, &name));
    let named = |name: &Option<LitStr>| name.as_ref().map_or_else(by_default, LitStr::value);
    let read = || named(&serde.rename.deserialize);
    let kept = if serde.unread { Some(String::new()) } else { serde.skipped.then(read) };
    let stored = if serde.skipped {
        Stored::Skipped
    } else if serde.flattened {
        Stored::Flattened
    } else {
        let written = named(&serde.rename.serialize);
        if let Some(span) = serde.rename.span {
            let read = read();
            if written != read {
                let both = format!("written as `{written}` and read as `{read}`");
                errors.at(span, format!("`{name}` is {both}; give it one name for both"));
            }
        }
        storable(&written, serde.rename.serialize.as_ref().map_or_else(|| ident.span(), LitStr::span), errors);
        Stored::As(written)
    };
    if let (Type::Reference(reference), Stored::As(_)) = (&ty, &stored) {
        let message = format!("`{name}` borrows, and a document owns its data; write an owned type like `String`");
        errors.at(reference.span(), message);
    }
    let unmarked = embedded.is_none() && serde.encoder.is_none() && !matches!(stored, Stored::Skipped);
    let embedded = embedded.filter(|span| {
        let lost = match (&stored, &serde.encoder) {
            (Stored::Skipped, _) => "is not stored",
            (_, Some(_)) => "is stored by a function, which may write something else than its embedded documents",
            _ => return true,
        };
        errors.at(*span, format!("`{name}` {lost}; remove `embedded`, or the serde attribute"));
        false
    });
    let marker =
        || quote::format_ident!("{}_{name}", names::text(model), span = Span::call_site().located_at(ident.span()));
    Field {
        embedded: embedded.map(|_| marker()),
        managed: first,
        unmarked,
        constant: names::constant(&name, ident.span()),
        ty: without_self(ty, model),
        omitted_if: serde.omitted_if,
        encoder: serde.encoder,
        decoder: serde.decoder,
        kept,
        stored,
        ident,
        name,
    }
}

fn storable(name: &str, at: Span, errors: &mut Errors) {
    if let Some(message) = names::unstorable(name) {
        errors.at(at, message);
    }
}

/// The type with `Self` replaced by the model. The expansion also names the type where `Self` means another one.
fn without_self(ty: Type, model: &Ident) -> Type {
    fn replace(tokens: TokenStream, model: &Ident) -> TokenStream {
        tokens
            .into_iter()
            .map(|token| match token {
                TokenTree::Ident(ident) if ident == "Self" => TokenTree::Ident(model.clone()),
                TokenTree::Group(group) => {
                    let mut replaced = Group::new(group.delimiter(), replace(group.stream(), model));
                    replaced.set_span(group.span());
                    TokenTree::Group(replaced)
                }
                other => other,
            })
            .collect()
    }
    syn::parse2(replace(ty.to_token_stream(), model)).unwrap_or(ty)
}

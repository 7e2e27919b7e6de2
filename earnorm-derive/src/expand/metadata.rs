//! The hidden type of a relation, and its table.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Visibility};

use super::{fields, managed};
use crate::attr::{Kind, Rule};
use crate::ir::{Key, Model, Order, Resolved, Stored};

/// `struct User_posts;` and its `Relation` impl. The names of the keys come from the descriptor, which has checked them.
pub(super) fn marker(model: &Model, relation: &Resolved, place: usize) -> TokenStream {
    let ident = &model.ident;
    let marker = &relation.name.marker;
    // with the span of the user's `pub`, lints about public items would be shown to the user
    let vis = match &model.vis {
        Visibility::Public(_) => quote_spanned!(marker.span()=> pub),
        restricted => quote!(#restricted),
    };
    let (unlink, table, reference) = (unlink(model, relation), table(model, relation), reference(model, relation));
    // the number by which the compiler finds the relation among a query's includes
    let place = Literal::usize_unsuffixed(place);
    // the span of the declaration, for errors about the relation
    let definition = quote_spanned!(marker.span()=> #vis struct #marker;);
    quote! {
        #definition
        impl __P::Relation for #marker {
            type Source = #ident;
            type Is = __P::Is<#place, #unlink>;
            const META: __P::Meta = #table;
        }
        #reference
    }
}

/// The field of a reference to several models.
fn reference(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let (Key::Any(fk), marker, ident) = (&relation.key, &relation.name.marker, &model.ident) else { return None };
    let field = model.field(fk)?;
    let (ty, stored, flat) = match &field.stored {
        Stored::As(stored) => (&field.ty, stored.as_str(), false),
        _ => (&field.ty, "", true),
    };
    let value = fields::value(field, stored);
    Some(quote! {
        impl __P::ReferenceField for #marker {
            type Key = #ty;
            const FIELD: __P::Field<#ident, #ty> = #value;
            const FLAT: bool = #flat;
        }
    })
}

/// Whether a document can be removed from the relation. For a key that is one field, its type decides.
fn unlink(model: &Model, relation: &Resolved) -> TokenStream {
    let (me, constant) = (&model.ident, &relation.name.constant);
    match &relation.key {
        _ if relation.orphan_removal || relation.on_delete.is_some_and(|o| o.rule == Rule::Pull) => quote!(true),
        // whether an element can be released depends on its key; an id can always be removed from an array
        Key::InIds(path) if path.outer.is_empty() => quote!(true),
        Key::InTarget(_) | Key::InIds(_) => {
            let is_nullable = Ident::new("is_nullable", model_at(&relation.target.path));
            quote!({ #me::#constant.#is_nullable() })
        }
        Key::InSource(fk) | Key::Any(fk) => {
            let ty = model.field(fk).map(|f| &f.ty);
            quote!({ __P::Shape::<#ty>::NULLABLE })
        }
        _ => quote!(true),
    }
}

/// The place where a model is named. The emitted call that needs it to be a model gets this span, for its message.
fn model_at(path: &Path) -> Span {
    Span::call_site().located_at(path.span())
}

/// The table of a relation: the keys from the descriptor, and the written options.
fn table(model: &Model, relation: &Resolved) -> TokenStream {
    let Resolved { key, order_by, orphan_removal, lazy_load, index, .. } = relation;
    let (text, me, constant) = (&relation.name.text, &model.ident, &relation.name.constant);
    let key_of_one = matches!((key, relation.kind), (Key::InSource(_) | Key::Any(_), Kind::OneToOne));
    let through = match key {
        Key::Through { join, .. } => Some(Ident::new("join", model_at(&join.path))),
        _ => None,
    };
    let keys = order_by.iter().map(|key| order(relation, key));
    let written = [
        key_of_one.then(|| quote!(.one_to_one())),
        through.map(|join| quote!(.through(#me::#constant.#join()))),
        relation.filter.as_ref().map(|filter| quote!(.filter(|| #filter))),
        (!order_by.is_empty()).then(|| quote!(.order_by(&[#(#keys),*]))),
        relation.limit.as_ref().map(|limit| quote!(.limit(#limit))),
        relation.on_delete.map(|on_delete| {
            let rule = Ident::new(&on_delete.rule.text().to_upper_camel_case(), Span::call_site());
            quote!(.on_delete(__P::OnDelete::#rule))
        }),
        orphan_removal.then(|| quote!(.orphan_removal())),
        (!lazy_load).then(|| quote!(.lazy_load(false))),
        relation.back_populates.as_ref().map(|back| {
            let back = back.text();
            quote!(.back_populates(#back))
        }),
        (!index).then(|| quote!(.index(false))),
        managed::of_relation(model, relation),
    ];
    let written = written.into_iter().flatten();
    let table = if let Key::Any(fk) = key {
        let (ty, marker) = (&relation.target.path, &relation.name.marker);
        let flat = model.field(fk).is_some_and(|field| matches!(field.stored, Stored::Flattened));
        let table = Ident::new(if flat { "flat_table" } else { "table" }, model_at(ty));
        // what is wrong with the type is shown there
        quote_spanned!(ty.span()=> __P::Tagged::<#ty>::#table::<#marker>(#text))
    } else {
        quote!(#me::#constant.table(#text))
    };
    quote!(&#table #(#written)*)
}

/// A sort key. Its stored name comes from the target's constant, so that the compiler reports an unknown field.
fn order(relation: &Resolved, key: &Order) -> TokenStream {
    let Order { field, rest, .. } = key;
    let direction = Literal::i32_unsuffixed(key.direction);
    let Some(field) = field else {
        let name = format!("_id{rest}");
        return quote!((#name, #direction));
    };
    let (target, constant) = (&relation.target.path, field.constant());
    if rest.is_empty() {
        return quote_spanned!(field.span=> <#target>::#constant.ordered(#direction));
    }
    // there is no constant for a path inside a field, so its stored name and the rest are joined
    let length = rest.len();
    let name = quote_spanned!(field.span=> <#target>::#constant.name());
    quote_spanned! {field.span=>
        (__P::text(const { &__P::joined::<{ #name.len() + #length }>(#name, #rest) }), #direction)
    }
}

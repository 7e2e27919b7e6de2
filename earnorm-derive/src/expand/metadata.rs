//! A relation as a type of its own, and its table.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Visibility};

use crate::attr::Kind;
use crate::ir::{Key, Meaning, Model, Order};

/// `struct __posts;` and its `Relation` impl. The names of keys come from the descriptor, which checked them.
pub(super) fn marker(model: &Model, relation: &Meaning, place: usize) -> TokenStream {
    let ident = &model.ident;
    let marker = &relation.name.marker;
    // a `pub` of ours: with the user's, lints on public items would speak to the user
    let vis = match &model.vis {
        Visibility::Public(_) => quote_spanned!(marker.span()=> pub),
        restricted => quote!(#restricted),
    };
    let (unlink, table) = (unlink(model, relation), table(model, relation));
    // the number tells the compiler where among a query's includes a relation is
    let place = Literal::usize_unsuffixed(place);
    // what is wrong with the relation is shown where it is declared
    let definition = quote_spanned!(marker.span()=> #vis struct #marker;);
    quote! {
        #definition
        impl __P::Relation for #marker {
            type Source = #ident;
            type Is = __P::Is<#place, #unlink>;
            const META: __P::Meta = #table;
        }
    }
}

/// Whether a document can be taken out of the relation: a question to the type of its key, where that is one field.
fn unlink(model: &Model, relation: &Meaning) -> TokenStream {
    let (me, constant) = (&model.ident, &relation.name.constant);
    match &relation.key {
        _ if relation.orphan_removal => quote!(true),
        Key::InTarget(_) => {
            let is_nullable = Ident::new("is_nullable", model_at(&relation.target.path));
            quote!({ #me::#constant.#is_nullable() })
        }
        Key::InSource(fk) => {
            let ty = model.field(fk).map(|f| &f.ty);
            quote!({ __P::Shape::<#ty>::NULLABLE })
        }
        _ => quote!(true),
    }
}

/// Where a model is named: the call that asks whether it is one stands there, since that is where its message points.
fn model_at(path: &Path) -> Span {
    Span::call_site().located_at(path.span())
}

/// The table that the descriptor makes of its checked keys, and what is written beside them.
fn table(model: &Model, relation: &Meaning) -> TokenStream {
    let Meaning { key, order_by, orphan_removal, lazy_load, index, .. } = relation;
    let (text, me, constant) = (&relation.name.text, &model.ident, &relation.name.constant);
    let key_of_one = matches!((key, relation.kind), (Key::InSource(_), Kind::OneToOne));
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
    ];
    let written = written.into_iter().flatten();
    quote!(&#me::#constant.table(#text) #(#written)*)
}

/// A sort key: its stored name from the target's constant, by which the compiler finds a field that isn't there.
fn order(relation: &Meaning, key: &Order) -> TokenStream {
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
    // no constant for what is inside a field: its stored name and what follows are put together
    let length = rest.len();
    let name = quote_spanned!(field.span=> <#target>::#constant.name());
    quote_spanned! {field.span=>
        (__P::text(const { &__P::joined::<{ #name.len() + #length }>(#name, #rest) }), #direction)
    }
}

//! A relation as a type of its own, and its table.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use crate::ir::{Key, Meaning, Model, Order};

/// `struct __posts;` and its `Relation` impl. The names of keys come from the descriptor, which checked them.
pub(super) fn marker(model: &Model, relation: &Meaning) -> TokenStream {
    let ident = &model.ident;
    // a `pub` of ours: with the user's, lints on public items would speak to the user
    let vis = match &model.vis {
        Visibility::Public(_) => quote!(pub),
        restricted => quote!(#restricted),
    };
    let marker = &relation.name.marker;
    let (unlink, table) = (unlink(model, relation), table(model, relation));
    quote! {
        #vis struct #marker;
        impl __p::Relation for #marker {
            type Source = #ident;
            type Unlink = __p::Unlink<#unlink>;
            const META: &'static __p::RelationMetadata = #table;
        }
    }
}

/// Whether a document can be taken out of the relation: a question to the type of its key, where that is one field.
fn unlink(model: &Model, relation: &Meaning) -> TokenStream {
    let (me, constant) = (&model.ident, &relation.name.constant);
    match &relation.key {
        _ if relation.orphan_removal => quote!(true),
        Key::InTarget(_) => quote!({ #me::#constant.is_nullable() }),
        Key::InSource(fk) => {
            let ty = model.field(fk).map(|f| &f.ty);
            quote!({ __p::Shape::<#ty>::NULLABLE })
        }
        _ => quote!(true),
    }
}

fn table(model: &Model, relation: &Meaning) -> TokenStream {
    if let Key::Unknown = relation.key {
        return quote!(::core::unreachable!());
    }
    let (text, me, constant) = (&relation.name.text, &model.ident, &relation.name.constant);
    let kind = variant(relation.kind.text());
    let holder = variant(match relation.key {
        Key::InTarget(_) | Key::InIds(_) => "target",
        Key::InSource(_) | Key::Ids(_) => "source",
        Key::Through { .. } | Key::Unknown => "through",
    });
    let base = quote! {
        __p::RelationMetadata::new(
            #text,
            __p::RelationKind::#kind,
            #me::#constant.target(),
            #me::#constant.foreign_key(),
            __p::KeyHolder::#holder,
        )
    };
    let written = written(model, relation);
    if written.is_empty() {
        return quote!(&#base);
    }
    quote!(&__p::RelationMetadata { #written ..#base })
}

/// The entries of a `RelationMetadata` that differ from its defaults.
fn written(model: &Model, relation: &Meaning) -> TokenStream {
    let (me, constant) = (&model.ident, &relation.name.constant);
    let mut entries = TokenStream::new();
    if let Key::Through { .. } = &relation.key {
        entries.extend(quote! {
            through: __p::Some(__p::ThroughMetadata {
                model: #me::#constant.join(),
                target_key: #me::#constant.target_key(),
            }),
        });
    }
    if let Some(filter) = &relation.filter {
        entries.extend(quote!(filter: __p::Some(|| #filter),));
    }
    if !relation.order_by.is_empty() {
        let keys = relation.order_by.iter().map(|key| order(relation, key));
        entries.extend(quote!(order_by: &[#(#keys),*],));
    }
    if let Some(limit) = &relation.limit {
        entries.extend(quote!(limit: __p::Some(#limit),));
    }
    let config = config(relation);
    if !config.is_empty() {
        entries.extend(quote! {
            config: __p::RelationConfig { #config ..__p::RelationConfig::DEFAULT },
        });
    }
    entries
}

/// The entries of a `RelationConfig` that differ from its defaults.
fn config(relation: &Meaning) -> TokenStream {
    let mut entries = TokenStream::new();
    if let Some(on_delete) = relation.on_delete {
        let rule = variant(on_delete.rule.text());
        entries.extend(quote!(on_delete: __p::OnDelete::#rule, on_delete_written: true,));
    }
    if relation.orphan_removal {
        entries.extend(quote!(orphan_removal: true,));
    }
    if !relation.lazy_load {
        entries.extend(quote!(lazy_load: false,));
    }
    if let Some(back) = &relation.back_populates {
        let back = &back.name;
        entries.extend(quote!(back_populates: __p::Some(#back),));
    }
    if !relation.index {
        entries.extend(quote!(index: false,));
    }
    entries
}

/// A sort key: its stored name from the target's constant, by which the compiler finds a field that isn't there.
fn order(relation: &Meaning, key: &Order) -> TokenStream {
    let Order { field, rest, direction } = key;
    let Some(field) = field else {
        let name = format!("_id{rest}");
        return quote!((#name, #direction));
    };
    let (target, constant) = (&relation.target.path, field.constant());
    if rest.is_empty() {
        return quote_spanned!(field.span=> __p::ordered::<#target, _>(<#target>::#constant, #direction));
    }
    // no constant for what is inside a field: its stored name and what follows are put together
    let length = rest.len();
    let name = quote_spanned!(field.span=> <#target>::#constant.name());
    quote_spanned! {field.span=>
        (__p::text(const { &__p::joined::<{ #name.len() + #length }>(#name, #rest) }), #direction)
    }
}

/// The variant of the runtime's enum: `one_to_many` is `OneToMany`.
fn variant(text: &str) -> Ident {
    Ident::new(&text.to_upper_camel_case(), Span::call_site())
}

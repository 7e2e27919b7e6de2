//! A relation as a type of its own, and its table.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::paths;
use crate::ir::{Key, Meaning, Model, Order};

/// `struct __posts;` and its `Relation` impl. The names of keys come from the descriptor, which checked them.
pub(super) fn marker(model: &Model, relation: &Meaning) -> TokenStream {
    let p = paths::private(model);
    let Model { ident, vis, .. } = model;
    let marker = &relation.name.marker;
    let table = table(model, relation);
    quote! {
        #[doc(hidden)]
        #vis struct #marker;
        impl #p::Relation for #marker {
            type Source = #ident;
            const META: &'static #p::RelationMetadata = &#table;
        }
    }
}

fn table(model: &Model, relation: &Meaning) -> TokenStream {
    let p = paths::private(model);
    if let Key::Unknown = relation.key {
        return quote!(::core::unreachable!());
    }
    let (text, me, target) = (&relation.name.text, &model.ident, &relation.target.path);
    let constant = &relation.name.constant;
    let kind = variant(relation.kind.text());
    let holder = variant(match relation.key {
        Key::InTarget(_) | Key::InIds(_) => "target",
        Key::InSource(_) | Key::Ids(_) => "source",
        Key::Through { .. } | Key::Unknown => "through",
    });
    let base = quote! {
        #p::RelationMetadata::new(
            #text,
            #p::RelationKind::#kind,
            <#target as #p::Model>::metadata,
            #me::#constant.foreign_key(),
            #p::KeyHolder::#holder,
        )
    };
    let written = written(model, relation);
    if written.is_empty() {
        return base;
    }
    quote!(#p::RelationMetadata { #written ..#base })
}

/// The entries of a `RelationMetadata` that differ from its defaults.
fn written(model: &Model, relation: &Meaning) -> TokenStream {
    let p = paths::private(model);
    let (me, constant) = (&model.ident, &relation.name.constant);
    let mut entries = TokenStream::new();
    if let Key::Through { join, .. } = &relation.key {
        let join = &join.path;
        entries.extend(quote! {
            through: #p::Some(#p::ThroughMetadata {
                model: <#join as #p::Model>::metadata,
                target_key: #me::#constant.target_key(),
            }),
        });
    }
    if let Some(filter) = &relation.filter {
        entries.extend(quote!(filter: #p::Some(|| #filter),));
    }
    if !relation.order_by.is_empty() {
        let keys = relation.order_by.iter().map(|key| order(model, relation, key));
        entries.extend(quote!(order_by: &[#(#keys),*],));
    }
    if let Some(limit) = &relation.limit {
        entries.extend(quote!(limit: #p::Some(#limit),));
    }
    let config = config(model, relation);
    if !config.is_empty() {
        entries.extend(quote! {
            config: #p::RelationConfig { #config ..#p::RelationConfig::DEFAULT },
        });
    }
    entries
}

/// The entries of a `RelationConfig` that differ from its defaults.
fn config(model: &Model, relation: &Meaning) -> TokenStream {
    let p = paths::private(model);
    let mut entries = TokenStream::new();
    if let Some(on_delete) = relation.on_delete {
        let rule = variant(on_delete.rule.text());
        entries.extend(quote!(on_delete: #p::OnDelete::#rule, on_delete_written: true,));
    }
    if relation.orphan_removal {
        entries.extend(quote!(orphan_removal: true,));
    }
    if !relation.lazy_load {
        entries.extend(quote!(lazy_load: false,));
    }
    if let Some(back) = &relation.back_populates {
        let back = &back.name;
        entries.extend(quote!(back_populates: #p::Some(#back),));
    }
    if !relation.index {
        entries.extend(quote!(index: false,));
    }
    entries
}

/// A sort key: its stored name from the target's constant, by which the compiler finds a field that isn't there.
fn order(model: &Model, relation: &Meaning, key: &Order) -> TokenStream {
    let Order { field, rest, direction } = key;
    let Some(field) = field else {
        let name = format!("_id{rest}");
        return quote!((#name, #direction));
    };
    let (target, constant) = (&relation.target.path, field.constant());
    let p = paths::private_at(model, field.span);
    if rest.is_empty() {
        return quote_spanned!(field.span=> #p::ordered::<#target, _>(<#target>::#constant, #direction));
    }
    // no constant for what is inside a field: its head is checked, and the name goes as it is written
    let name = format!("{}{rest}", field.text());
    quote_spanned!(field.span=> { let _ = <#target>::#constant; (#name, #direction) })
}

/// The variant of the runtime's enum: `one_to_many` is `OneToMany`.
fn variant(text: &str) -> Ident {
    Ident::new(&text.to_upper_camel_case(), Span::call_site())
}

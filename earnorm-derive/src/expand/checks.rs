//! `back_populates`: two declarations that say they are one relation are compared while the program compiles.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::ir::{Meaning, Model};

/// `const _: () = check_sides(..);`, which panics with one of three sentences.
pub(super) fn sides(model: &Model, relation: &Meaning) -> Option<TokenStream> {
    let back = relation.back_populates.as_ref()?;
    let (me, target, marker) = (&model.ident, &relation.target.path, &relation.name.marker);
    let other = format!("{}::{}", relation.target.name, back.text());
    let mine = format!("{}::{}", model.name, relation.name.text);
    let (name, kind) = (&relation.name.text, relation.kind);
    let kinds = format!(
        "`{other}` can't be the other side of `{mine}`; the other side of a `{}` is a `{}`",
        kind.text(),
        kind.other_side().text()
    );
    let keys = format!(
        "`{other}` and `{mine}` don't go by the same key; name the other side of this relation, or give both the same key"
    );
    let backs = format!("`{other}` doesn't point back; write `back_populates = \"{name}\"` on it");
    let constant = back.constant();
    Some(quote_spanned! {back.span=>
        const _: () = __p::check_sides::<#me, #target, _>(
            &<#target>::#constant,
            <#marker as __p::Relation>::META,
            &__p::Sentences { kind: #kinds, key: #keys, back: #backs },
        );
    })
}

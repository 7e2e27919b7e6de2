//! `back_populates`: two declarations that say they are one relation are compared while the program compiles.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::ir::{Meaning, Model};

/// `const _: () = User::POSTS.check_other_side(..);`, which panics with a sentence about the two names.
pub(super) fn sides(model: &Model, relation: &Meaning) -> Option<TokenStream> {
    let back = relation.back_populates.as_ref()?;
    let (target, other) = (&relation.target.path, back.constant());
    // a panic is shown where the call is: all of it stands at the name of the other side
    let (mut me, mut mine) = (model.ident.clone(), relation.name.constant.clone());
    me.set_span(back.span);
    mine.set_span(back.span);
    let mine_is = format!("{}::{}", model.name, relation.name.text);
    let other_is = format!("{}::{}", relation.target.name, back.text());
    Some(quote_spanned! {back.span=>
        const _: () = #me::#mine.check_other_side(&<#target>::#other, #mine_is, #other_is);
    })
}

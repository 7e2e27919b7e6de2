//! A typed constant and an accessor for each relation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use super::embedded::PathType;
use super::{docs, embedded};
use crate::attr::{FieldName, KeyPath, Kind, Rule};
use crate::ir::{Key, MOVE_TO, Model, Resolved};

pub(super) fn accessor(model: &Model, relation: &Resolved) -> TokenStream {
    let vis = &model.vis;
    let (descriptor, handle) = types(relation);
    let (constant, method) = (&relation.name.constant, &relation.name.method);
    let models = models(model, relation);
    let value = keys(model, relation).map_or_else(|| quote!(unknown()), |keys| quote!(new(#keys)));
    let (doc, method_doc) = (docs::relation(model, relation), docs::accessor(relation));
    // other models name the field as their key
    let of_field = reference_constant(relation).map(|field| {
        let doc = docs::reference(relation);
        quote! {
            #[doc = #doc]
            #vis const #field: __P::#descriptor<#models> = Self::#constant;
        }
    });
    let recursive = recursive(model, relation);
    quote! {
        #[doc = #doc]
        #vis const #constant: __P::#descriptor<#models> = __P::#descriptor::#value;
        #of_field
        #[doc = #method_doc]
        #vis fn #method(&self) -> __P::#handle<'_, #models> {
            Self::#constant.handle(self)
        }
        #recursive
    }
}

/// The method that follows the relation as far as it leads.
fn recursive(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let (vis, descriptor) = (&model.vis, descriptor(model, relation));
    let (constant, doc) = (&relation.name.constant, docs::recursive(relation));
    let ident = &model.ident;
    relation.recursive.as_ref().map(|method| {
        quote! {
            #[doc = #doc]
            #vis fn #method(&self) -> __P::RecursiveHandle<'_, #ident, #descriptor, ()> {
                Self::#constant.recursive().of(self)
            }
        }
    })
}

/// The method that moves a document below another one.
pub(super) fn move_to(model: &Model) -> Option<TokenStream> {
    let (vis, ident, relation) = (&model.vis, &model.ident, model.moved()?);
    let (constant, doc) = (&relation.name.constant, docs::move_to(relation));
    let method = Ident::new(MOVE_TO, relation.name.method.span());
    Some(quote! {
        #[doc = #doc]
        #vis fn #method<'__e>(&self, __on: impl __P::Executor<'__e>, __to: __P::Option<&#ident>) -> __P::Moved<'__e> {
            Self::#constant.handle(self).move_to(__on, __to)
        }
    })
}

/// The constant of the field of a reference to several models, if the relation has another name.
fn reference_constant(relation: &Resolved) -> Option<Ident> {
    let Key::Any(field) = &relation.key else { return None };
    let constant = field.constant();
    (constant != relation.name.constant).then_some(constant)
}

/// The type of the constant.
pub(super) fn descriptor(model: &Model, relation: &Resolved) -> TokenStream {
    let (descriptor, _) = types(relation);
    let models = models(model, relation);
    quote!(__P::#descriptor<#models>)
}

/// The type arguments: source, target, marker, join model.
fn models(model: &Model, relation: &Resolved) -> TokenStream {
    let (ident, target, marker) = (&model.ident, &relation.target.path, &relation.name.marker);
    let join = match &relation.key {
        Key::Through { join, .. } => Some(&join.path),
        _ => None,
    };
    let join = join.into_iter();
    quote!(#ident, #target, #marker #(, #join)*)
}

/// The names of the constant's type and of the handle.
fn types(relation: &Resolved) -> (Ident, Ident) {
    let (descriptor, handle) = match (&relation.key, relation.kind) {
        (Key::Through { .. }, _) => ("ManyToMany", "Links"),
        (Key::Any(_), _) => ("ManyToAny", "ToAny"),
        (Key::Ids(_), _) | (Key::Unknown, Kind::ManyToMany) => ("ManyToManyByIds", "ByIds"),
        (Key::InIds(path), _) if path.outer.is_empty() => ("ManyToManyInIds", "InIds"),
        (Key::InIds(_), _) => ("ManyToManyInElements", "InElements"),
        (Key::InSource(_), _) | (Key::Unknown, Kind::ManyToOne) => ("ManyToOne", "ToOne"),
        (_, Kind::OneToOne) => ("OneToOne", "HasOne"),
        _ => ("OneToMany", "ToMany"),
    };
    let ident = |name| Ident::new(name, Span::call_site());
    (ident(descriptor), ident(handle))
}

/// The keys. The calls that read their names also check them.
fn keys(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let me = Path::from(model.ident.clone());
    let target = &relation.target.path;
    let key = |parent: &Path, child: &Path, fk: &FieldName| key(model, relation, parent, child, fk);
    Some(match &relation.key {
        Key::InTarget(path) | Key::InIds(path) => match embedded::path_type(target, &path.outer) {
            None => key(&me, target, &path.last),
            Some(outer) => nested_key(&me, relation, &outer, path),
        },
        Key::InSource(fk) | Key::Ids(fk) => key(target, &me, fk),
        Key::Through { join, source, target: other, .. } => {
            let (source, other) = (key(&me, &join.path, source), key(target, &join.path, other));
            quote!(#source, #other)
        }
        Key::Any(_) => TokenStream::new(),
        Key::Unknown => return None,
    })
}

/// Emits a trait with a constant for each key that the join model should have under its default name. If the join model has
/// the field, its inherent constant hides this one. If not, the type of this one gives a message that names the option.
pub(super) fn default_keys(relation: &Resolved) -> Option<TokenStream> {
    let Key::Through { join, unnamed, .. } = &relation.key else { return None };
    let (path, name, ident) = (&join.path, &join.name, quote::format_ident!("{}_keys", relation.name.marker));
    let constants = unnamed.iter().map(|(key, option)| {
        let (constant, text) = (key.constant(), key.text());
        quote!(const #constant: __P::NoKey = __P::NoKey::of(#name, #text, #option);)
    });
    let default_keys = quote! {
        trait #ident { #(#constants)* }
        impl #ident for #path {}
    };
    (!unnamed.is_empty()).then_some(default_keys)
}

/// `<Child>::PARENT_ID.key()`, with the span of the key's name. The type of the constant says which model's id it holds.
fn key(model: &Model, relation: &Resolved, parent: &Path, child: &Path, fk: &FieldName) -> TokenStream {
    let single = matches!(relation.key, Key::InTarget(_) | Key::InSource(_));
    let set_null = relation.on_delete.filter(|o| single && o.rule == Rule::SetNull);
    // with `set_null`, a key that can't be null is a mistake in the rule, so the error points there
    let span = set_null.map_or(fk.span, |o| o.span);
    // this model's name gets the span of the key; another model's keeps its own, since it may be wrong
    let moved = |path: &Path| match path.get_ident() {
        Some(ident) if *ident == model.ident => {
            let mut ident = ident.clone();
            ident.set_span(span);
            Path::from(ident)
        }
        _ => path.clone(),
    };
    let (constant, child) = (fk.constant(), moved(child));
    let check = match relation.key {
        // the parent is written out, since the message about a field that isn't an array comes before it is inferred
        Key::Ids(_) | Key::InIds(_) => {
            let parent = moved(parent);
            quote_spanned!(span=> keys::<#parent>())
        }
        _ if set_null.is_some() => quote_spanned!(span=> nullable_key()),
        _ => quote_spanned!(span=> key()),
    };
    quote_spanned!(span=> <#child>::#constant.#check)
}

/// A key at the end of a path through embedded documents. Whether an array is on the path is checked in an item of its own.
fn nested_key(me: &Path, relation: &Resolved, outer: &PathType, fk: &KeyPath) -> TokenStream {
    let PathType { items, path, record } = outer;
    let (many, text, constant) = (matches!(relation.key, Key::InIds(_)), fk.text(), fk.last.constant());
    let set_null = relation.on_delete.filter(|o| o.rule == Rule::SetNull);
    // with `set_null`, a key that can't be null is a mistake in the rule, so the error points there
    let span = set_null.map_or(fk.last.span, |o| o.span);
    let mut me = me.clone();
    if let Some(segment) = me.segments.first_mut() {
        segment.ident.set_span(span);
    }
    let (arrays, get) = match (many, set_null.is_some()) {
        (true, false) => ("many_keys", "keys"),
        (true, true) => ("many_keys", "nullable_keys"),
        (false, false) => ("one_key", "key"),
        (false, true) => ("one_key", "nullable_key"),
    };
    let (arrays, get) = (Ident::new(arrays, path.span()), Ident::new(get, span));
    let check = quote_spanned!(path.span()=> const _: () = __P::#arrays::<#path>(#text););
    // only the constant and what is called on it have the span of the key: an editor goes to the first of them
    let key = quote!(#items #check &<#record>::#constant.through::<#path>());
    quote_spanned!(span=> (const { #key }).#get::<#me>())
}

/// `back_populates`: `const _: () = User::POSTS.check_other_side(..);`, which fails to compile if the two don't match.
pub(super) fn sides(model: &Model, relation: &Resolved) -> Option<TokenStream> {
    let back = relation.back_populates.as_ref()?;
    let (target, other, span) = (&relation.target.path, back.last.constant(), back.last.span);
    // the message of a panic points to the call, so the call has the span of the other side's name
    let (mut me, mut mine) = (model.ident.clone(), relation.name.constant.clone());
    me.set_span(span);
    mine.set_span(span);
    let mine_is = format!("{}::{}", model.name, relation.name.text);
    let other_is = format!("{}::{}", relation.target.name, back.text());
    if let Some(PathType { items, path, record }) = embedded::path_type(target, &back.outer) {
        return Some(quote_spanned! {span=>
            const _: () = {
                #items
                __P::EmbeddedSide::<#path>::check(&#me::#mine, &<#record>::#other, #mine_is, #other_is)
            };
        });
    }
    Some(quote_spanned! {span=>
        const _: () = #me::#mine.check_other_side(&<#target>::#other, #mine_is, #other_is);
    })
}

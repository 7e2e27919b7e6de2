//! The model's table, its `Model` impl and its entry in the registry.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{embedded, indexes, managed};
use crate::attr::{Mark, Role};
use crate::ir::{Field, Model, Resolved, Stored};
use crate::names;

/// The table is a constant outside the impl. Code that read it through the impl would repeat each error of the impl.
pub(super) fn implementation(model: &Model, relations: &[&Resolved]) -> TokenStream {
    let Model { ident, name, collection, .. } = model;
    let (id, value) = match model.id.and_then(|i| model.fields.get(i)) {
        Some(Field { ty, .. }) => (quote!(#ty), quote!(#ident::ID)),
        // the missing id has been reported, so code that uses the model must cause no further error
        None => (quote!(__P::ObjectId), quote!(__P::stub_id())),
    };
    let fields = model.fields.iter().filter_map(field);
    let markers: Vec<_> = relations.iter().map(|r| &r.name.marker).collect();
    let list = markers.iter().rfold(quote!(()), |rest, marker| quote!((#marker, #rest)));
    let (embeddings, embedded) = embedded::lists(model);
    let (config, kept, stamp) = (config(model), kept(model), managed::stamp(model));
    let (hooks, registered) = hooks(model).unzip();
    let (singular, plural) = names::in_messages(name);
    // without an id there is an error already, so a missing `Hooks` impl isn't one more
    let hooked = (model.hooks.is_some() || model.id.is_none()).then(|| quote!(impl __P::Hooked for #ident {}));
    let versioned = model.managed(Mark::Version).map(|_| quote!(impl __P::Versioned for #ident {}));
    let table = quote! {
        const __TABLE: &__P::ModelMetadata = &__P::ModelMetadata {
            name: #name,
            module: ::core::module_path!(),
            collection: #collection,
            singular: #singular,
            plural: #plural,
            fields: &[#(#fields),*],
            relations: &[#(<#markers as __P::Relation>::META),*],
            embedded: #embedded,
            config: #config,
        };
    };
    if model.role == Role::Embedded {
        let has_keys = !relations.is_empty() || model.fields.iter().any(|field| field.embedded.is_some());
        return quote! {
            #table
            #[automatically_derived]
            impl __P::Record for #ident {
                type RecordId = ();
                type Relations = #list;
                type Embeddings = #embeddings;
                const TABLE: &'static __P::ModelMetadata = __TABLE;
                const HAS_KEYS: bool = #has_keys;
                fn record_id(&self) -> &() {
                    &()
                }
            }
            impl __P::Embedded for #ident {
                type EmbeddedRelations = #list;
                type EmbeddedFields = #embeddings;
            }
        };
    }
    quote! {
        #table
        #[automatically_derived]
        impl __P::Model for #ident {
            type Id = #id;
            const ID: __P::Field<#ident, #id> = #value;
            type Relations = #list;
            type Embeddings = #embeddings;
            const METADATA: &'static __P::ModelMetadata = __TABLE;
            const COPY: __P::Cloning<Self> = __P::Shape::<#ident>::COPY;
            #kept
            #stamp
            #hooks
        }
        #hooked
        #versioned
        #registered
        __P::inventory::submit!(__P::Registration(__TABLE));
    }
}

/// The row of a field. The type itself says whether it is an `Option`: an inherent constant of `Shape` hides the one of the
/// trait `Required`.
fn field(field: &Field) -> Option<TokenStream> {
    let (name, ty, Stored::As(stored)) = (&field.name, &field.ty, &field.stored) else {
        return None;
    };
    let text = quote!(#ty).to_string().replace(' ', "");
    let omittable = field.omitted_if.is_some().then(|| quote!(.omittable()));
    let nullable = quote!(__P::Shape::<#ty>::NULLABLE);
    Some(if name == stored {
        quote!(__P::same_name(#name, #text, #nullable) #omittable)
    } else {
        quote!(__P::field(#name, #stored, #text, #nullable) #omittable)
    })
}

/// Functions that move the fields that serde skips from one value to another.
fn kept(model: &Model) -> Option<TokenStream> {
    let kept = model.fields.iter().filter_map(|Field { ident, kept, .. }| {
        let name = kept.as_ref()?;
        Some(quote!((#name, |__a, __b| ::core::mem::swap(&mut __a.#ident, &mut __b.#ident))))
    });
    let kept: Vec<_> = kept.collect();
    (!kept.is_empty()).then(|| quote!(const KEPT: &'static [__P::Kept<Self>] = &[#(#kept),*];))
}

/// The hooks: a constant for calls that know the model's type, and an entry in the registry for those that don't.
fn hooks(model: &Model) -> Option<(TokenStream, TokenStream)> {
    model.hooks.map(|span| {
        let mut ident = model.ident.clone();
        ident.set_span(span);
        let (members, types): (Vec<_>, Vec<_>) = model.fields.iter().map(|f| (&f.ident, &f.ty)).unzip();
        // copies a model that isn't `Clone`, if all its fields are
        let parts = quote!(|__m| __P::Some(#ident { #(#members: (__P::Shape::<#types>::COPY?)(&__m.#members)),* }));
        let new = quote_spanned!(span=> __P::ModelHooks::<#ident>::new(__P::Shape::<#ident>::COPY, #parts));
        let table = quote_spanned!(span=> const { &#new }.table());
        (
            quote!(const HOOKS: __P::HookTable = #table;),
            quote!(__P::inventory::submit!(__P::HookRegistration(__TABLE, <#ident as __P::Model>::HOOKS));),
        )
    })
}

fn config(model: &Model) -> TokenStream {
    let mut entries = TokenStream::new();
    for (is, entry) in [(model.check_references, quote!(check_references: true,)), (model.open, quote!(open: true,))] {
        entries.extend(is.then_some(entry));
    }
    if let Some(Field { ty, stored: Stored::As(guard), .. }) = model.guard.as_ref().and_then(|g| model.field(g)) {
        let counter = quote_spanned!(ty.span()=> __P::guard::<#ty>(#guard));
        entries.extend(quote!(guard: __P::Some(#counter),));
    }
    entries.extend(managed::config(model));
    if let Some((field, value)) = &model.tag {
        entries.extend(quote!(tag: __P::Some(__P::ModelTag { field: #field, value: #value }),));
    }
    if !model.indexes.is_empty() {
        let indexes = model.indexes.iter().map(|index| indexes::table(model, index));
        entries.extend(quote!(indexes: &[#(#indexes),*],));
    }
    if entries.is_empty() {
        quote!(__P::ModelConfig::DEFAULT)
    } else {
        quote!(__P::ModelConfig { #entries ..__P::ModelConfig::DEFAULT })
    }
}

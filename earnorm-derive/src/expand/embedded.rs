//! The hidden types of fields with `#[model(embedded)]`, and paths through them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Path, PathArguments, Type, Visibility};

use crate::attr::{FieldName, Place, Role};
use crate::ir::{Model, Resolved, Stored};
use crate::names;

/// `struct Order_lines;` and its `Embedding` impl, for each field. Their numbers follow those of the relations.
pub(super) fn markers(model: &Model, relations: &[&Resolved]) -> Vec<TokenStream> {
    let Model { ident, name: holder, .. } = model;
    let marked = model.fields.iter().filter_map(|field| Some((field, field.embedded.as_ref()?)));
    let each = marked.enumerate().map(|(number, (field, marker))| {
        let (member, name, ty) = (&field.ident, &field.name, &field.ty);
        let stored = if let Stored::As(stored) = &field.stored { stored.as_str() } else { "" };
        let number = Literal::usize_unsuffixed(relations.len() + number);
        // with the span of the user's `pub`, lints about public items would be shown to the user
        let vis = match &model.vis {
            Visibility::Public(_) => quote_spanned!(marker.span()=> pub),
            restricted => quote!(#restricted),
        };
        let definition = quote_spanned!(marker.span()=> #vis struct #marker;);
        // what is wrong with the type is shown there
        let of_type = quote_spanned!(ty.span()=> type Field = #ty;);
        quote! {
            #definition
            impl __P::Embedding for #marker {
                type Holder = #ident;
                #of_type
                type Is = __P::Is<#number, true>;
                const HOLDER: &'static str = #holder;
                const FIELD: &'static str = #name;
                const NAME: &'static str = #stored;
                fn get(__h: &#ident) -> &#ty {
                    &__h.#member
                }
                fn get_mut(__h: &mut #ident) -> &mut #ty {
                    &mut __h.#member
                }
            }
        }
    });
    each.collect()
}

/// The list of the types of all fields with `#[model(embedded)]`, and the list of their metadata.
pub(super) fn lists(model: &Model) -> (TokenStream, TokenStream) {
    let marked: Vec<_> = model.fields.iter().filter_map(|field| Some((field, field.embedded.as_ref()?))).collect();
    let types = marked.iter().rfold(quote!(()), |rest, (_, marker)| quote!((#marker, #rest)));
    // the relations of embedded documents are listed by the models that hold them
    let function =
        Ident::new(if model.role == Role::Model { "embedding" } else { "nested_embedding" }, Span::call_site());
    let tables = marked.iter().map(|(field, marker)| {
        // what is wrong with the type of the field is shown there
        let (mut read, mut embedding) = (function.clone(), (*marker).clone());
        read.set_span(field.ty.span());
        embedding.set_span(field.ty.span());
        quote_spanned!(field.ty.span()=> __P::#read::<#embedding>())
    });
    (types, quote!(&[#(#tables),*]))
}

/// Checks of a model's fields: those with `#[model(embedded)]`, and those that would need it. They are items of their own,
/// since a message in the table would be repeated wherever the table is read.
pub(super) fn checks(model: &Model) -> Vec<TokenStream> {
    let mut number = 0..;
    let each = model.fields.iter().enumerate().filter_map(|(index, field)| {
        let (name, ty, at) = (&field.name, &field.ty, field.ty.span());
        if field.embedded.is_some() {
            let number = Literal::usize_unsuffixed(number.next()?);
            let check = quote_spanned!(at=> const _: () = __P::check_embedded(__TABLE, #number););
            // an embedded document is checked in the models that hold it
            return (model.role == Role::Model).then_some(check);
        }
        let is_key = model.relations.iter().any(|r| matches!(r.declared.place, Place::Field(place) if place == index));
        let mut types = Vec::new();
        if field.unmarked && !is_key {
            inner_types(ty, &mut types);
        }
        let has_keys = types.iter().map(|ty| quote_spanned!(at=> __P::Shape::<#ty>::HAS_KEYS));
        (!types.is_empty()).then(|| quote_spanned!(at=> const _: () = __P::unmarked(#name, #(#has_keys)||*);))
    });
    each.collect()
}

/// Types that hold no embedded documents, and types that hold what is between their brackets.
const PLAIN: &str = "String str ObjectId DateTime Bson Document Uuid Decimal128 Binary Timestamp Regex bool char i8 i16 i32 i64 \
    isize u8 u16 u32 u64 usize f32 f64 Option Vec VecDeque HashMap BTreeMap HashSet BTreeSet IndexMap Box Arc Rc Cow";

/// The types in a type that may be embedded documents, by their names: `Line` in `HashMap<String, Vec<Line>>`.
fn inner_types<'t>(ty: &'t Type, found: &mut Vec<&'t Type>) {
    match ty {
        Type::Path(path) => {
            // an `Id<User>` holds no `User`
            let Some(last) = path.path.segments.last().filter(|last| last.ident != "Id") else { return };
            if !PLAIN.split_whitespace().any(|plain| last.ident == plain) {
                found.push(ty);
            }
            if let PathArguments::AngleBracketed(arguments) = &last.arguments {
                for argument in &arguments.args {
                    if let GenericArgument::Type(inner) = argument {
                        inner_types(inner, found);
                    }
                }
            }
        }
        Type::Array(array) => inner_types(&array.elem, found),
        Type::Group(group) => inner_types(&group.elem, found),
        Type::Paren(paren) => inner_types(&paren.elem, found),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|inner| inner_types(inner, found)),
        _ => {}
    }
}

/// The type of a path through the fields of a model, as items that define it and its name, and the type of the embedded
/// document at its end. The fields are found by their names, so their types needn't be known.
pub(super) struct PathType {
    pub(super) items: TokenStream,
    pub(super) path: Ident,
    pub(super) record: TokenStream,
}

pub(super) fn path_type(model: &Path, fields: &[FieldName]) -> Option<PathType> {
    let mut found: Option<PathType> = None;
    let mut outer_is = model.segments.last().map(|segment| names::text(&segment.ident)).unwrap_or_default();
    for (number, field) in fields.iter().enumerate() {
        let (name, span) = (field.text(), field.span);
        let path = format_ident!("__Path{number}", span = span);
        let (mut items, outer, holder) = match found {
            None => (TokenStream::new(), None, quote!(#model)),
            Some(PathType { items, path, record }) => (items, Some(path), record),
        };
        let here = quote_spanned!(span=> __P::EmbeddingOf<#holder, { __P::field_number::<#holder>(#outer_is, #name) }>);
        items.extend(match outer {
            None => quote_spanned!(span=> type #path = #here;),
            Some(outer) => quote_spanned!(span=> type #path = __P::NestedPath<#outer, #here>;),
        });
        let record = quote_spanned!(span=> <#path as __P::EmbeddedPath>::Record);
        outer_is = format!("{outer_is}{}{name}", if number == 0 { "::" } else { "." });
        found = Some(PathType { items, path, record });
    }
    found
}

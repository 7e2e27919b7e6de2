//! The items of a view.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use crate::ir::{View, ViewField};
use crate::names;

/// Emits the list of the fields to send, and the checks that the model has these fields.
///
/// A field that the model doesn't have is found by a trait with a constant for each field: a constant of the model hides it.
pub(crate) fn expand_view(view: &View) -> TokenStream {
    let View { ident, of, krate, fields, .. } = view;
    let lacking = fields.iter().map(|field| {
        let constant = &field.constant;
        quote!(const #constant: __P::Lacking = __P::Lacking;)
    });
    let checks = fields.iter().map(|field| check(view, field));
    let paths = fields.iter().map(|field| {
        let ViewField { constant, stored, ty, .. } = field;
        let fits = Ident::new("fits", ty.span());
        quote!(__P::Viewed::<#ty, _>::of(&<#of>::#constant).#fits(__at, #stored, __names);)
    });
    let (name, open) = (names::text(ident), view.is_open);
    let serialized = &view.serialized;
    quote! {
        const _: () = {
            use #krate::__private::{self as __P, Fits as _, Required as _};
            #[allow(dead_code)]
            trait __Lacking {
                #(#lacking)*
            }
            impl __Lacking for #of {}
            #(#checks)*
            impl __P::View<#of> for #ident {
                type Itself = Self;
                type Kept = __P::Option<__P::RawDocumentBuf>;
                const PART: bool = true;
                const COPY: __P::Cloning<Self> = __P::Shape::<#ident>::COPY;
                #[allow(unused_variables)]
                fn fields(__at: &str, __names: &mut __P::Vec<__P::String>) {
                    #(#paths)*
                }
                fn held<'__a, __I: __P::Embedding<Holder = #of>>(
                    &'__a self,
                    __own: __P::Option<&'__a __I::Field>,
                ) -> __P::Option<&'__a __I::Field> {
                    __own
                }
            }
            impl __P::PartOf<#of> for #ident {
                fn fields(__at: &str, __names: &mut __P::Vec<__P::String>) {
                    <Self as __P::View<#of>>::fields(__at, __names)
                }
            }
            impl __P::Described for #ident {
                const NAME: &'static str = #name;
                const OPEN: bool = #open;
                fn has_field(__name: &str) -> bool {
                    [#(#serialized),*].iter().any(|__field: &&str| *__field == __name)
                }
            }
        };
    }
}

/// Compares the names of a field. The error is shown at the field.
fn check(view: &View, field: &ViewField) -> TokenStream {
    let (ViewField { constant, name, stored, decoded, .. }, view_name) = (field, names::text(&view.ident));
    let of = located_at(&view.of, constant.span());
    let model = &view.of_name;
    quote_spanned! {constant.span()=>
        const _: () = <#of>::#constant.viewed(
            #model,
            <#of as __P::Record>::TABLE.fields,
            __P::Declared { view: #view_name, field: #name, stored: #stored, decoded: #decoded },
        );
    }
}

fn located_at(path: &Path, span: Span) -> Path {
    let mut path = path.clone();
    for segment in &mut path.segments {
        segment.ident.set_span(segment.ident.span().located_at(span));
    }
    path
}

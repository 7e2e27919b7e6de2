//! Fills in the names of a view.

use proc_macro2::Ident;

use crate::attr::{FieldName, ViewFieldInput, ViewInput, apply_case};
use crate::ir::{View, ViewField};
use crate::names;

pub(crate) fn lower_view(input: ViewInput) -> View {
    let ViewInput { ident, of, krate, serde, fields: inputs } = input;
    let case = |rule: &Option<syn::LitStr>, name: &str| {
        rule.as_ref().map_or_else(|| name.to_owned(), |rule| apply_case(&rule.value(), name))
    };
    let (mut fields, mut serialized) = (Vec::new(), Vec::new());
    for ViewFieldInput { ident, ty, serde: field, field: model_field } in inputs {
        let name = names::text(&ident);
        let written = field.rename.serialize.as_ref().map(syn::LitStr::value);
        serialized
            .extend((!field.skipped).then(|| written.unwrap_or_else(|| case(&serde.rename_all.serialize, &name))));
        let read = field.rename.deserialize.as_ref().map(syn::LitStr::value);
        let stored = read.unwrap_or_else(|| case(&serde.rename_all.deserialize, &name));
        // the message is shown at the field of the view
        let constant = match &model_field {
            Some(model_field) => model_field.constant(),
            None if stored == "_id" => Ident::new("ID", ident.span()),
            None => names::constant(&name, ident.span()),
        };
        let name = model_field.as_ref().map_or(name, FieldName::text);
        fields.push(ViewField { constant, name, stored, ty, decoded: field.decoder.is_some() });
    }
    let of_name = of.segments.last().map(|segment| names::text(&segment.ident)).unwrap_or_default();
    let krate = krate.unwrap_or_else(|| syn::parse_quote!(::earnorm));
    let is_open = serde.tag.is_some();
    View { ident, of, of_name, krate, fields, serialized, is_open }
}

//! An enum of references: the stored names of its parts.

use std::collections::HashMap;

use quote::ToTokens;
use syn::LitStr;

use super::rename_all;
use crate::attr::{Names, ReferenceInput, VariantInput, apply_variant_case};
use crate::errors::Errors;
use crate::ir::{Reference, Variant};
use crate::names;

pub(crate) fn lower_reference(input: ReferenceInput, errors: &mut Errors) -> Reference {
    let ReferenceInput { ident, vis, krate, serde, declared, variants } = input;
    let name = names::text(&ident);
    let case = rename_all(&serde.rename_all, errors);
    for (span, word) in serde.opaque {
        errors.at(span, format!("with `{word}`, serde stores another type than `{name}`; remove it"));
    }
    if serde.tag.is_none() || serde.content.is_none() {
        errors.at(
            ident.span(),
            format!("`{name}` has no place for its tag beside the id; write `#[serde(tag = \"type\", content = \"id\")]` on it"),
        );
    }
    let mut variants: Vec<_> = variants.into_iter().map(|v| variant(v, case.as_deref(), errors)).collect();
    one_variant_for_each(&mut variants, errors);
    Reference {
        tag: stored(serde.tag.as_ref(), "type", errors),
        content: stored(serde.content.as_ref(), "id", errors),
        krate: krate.unwrap_or_else(|| syn::parse_quote!(::earnorm)),
        ident,
        name,
        vis,
        declared,
        variants,
    }
}

/// The stored name of a part. The parts of a DBRef are the only stored names with a dollar.
fn stored(written: Option<&LitStr>, default: &str, errors: &mut Errors) -> String {
    let Some(written) = written else { return default.to_owned() };
    let name = written.value();
    if let Some(message) = names::unstorable(&name).filter(|_| !matches!(name.as_str(), "$ref" | "$id")) {
        errors.at(written.span(), message);
    }
    name
}

fn variant(input: VariantInput, case: Option<&str>, errors: &mut Errors) -> Variant {
    let VariantInput { ident, ty, model, serde } = input;
    let name = names::text(&ident);
    for (span, word) in serde.opaque {
        let message = match word {
            "alias" => {
                "would be read, but filters, includes and delete rules ask for one tag of each variant; store one tag, and \
                 remove this one"
            }
            _ => "changes what serde writes or reads for this variant, which has to be its tag and its id; remove it",
        };
        errors.at(span, format!("`{word}` {message}"));
    }
    let Names { serialize, deserialize, span } = serde.rename;
    let tags = [serialize, deserialize].map(|tag| tag.as_ref().map(LitStr::value));
    if let (Some(span), true) = (span, tags[0] != tags[1]) {
        errors.at(span, format!("`{name}` has a tag for writing and another for reading; give it one tag for both"));
    }
    let [written, _] = tags;
    let by_default = || case.map_or_else(|| name.clone(), |rule| apply_variant_case(rule, &name));
    Variant {
        tag: written.unwrap_or_else(by_default),
        constant: names::constant(&names::snake(&name), ident.span()),
        model: model.unwrap_or_else(|| ident.clone().into()),
        ident,
        ty,
    }
}

/// Each model has one variant, and each variant a tag and a constant of its own. A variant that repeats another is removed.
fn one_variant_for_each(variants: &mut Vec<Variant>, errors: &mut Errors) {
    let [mut models, mut tags, mut constants] = [HashMap::new(), HashMap::new(), HashMap::new()];
    variants.retain(|Variant { ident, constant, model, tag, .. }| {
        let (name, model) = (names::text(ident), model.to_token_stream().to_string().replace(' ', ""));
        let message = if let Some(other) = models.insert(model.clone(), name.clone()) {
            format!(
                "`{other}` and `{name}` both refer to `{model}`, so no relation could know by which of them a document \
                 refers to it; keep one, and store the difference in a field of its own"
            )
        } else if let Some(other) = tags.insert(tag.clone(), name.clone()) {
            format!("`{other}` and `{name}` would both be stored as `{tag}`; give one of them another tag")
        } else if let Some(other) = constants.insert(constant.to_string(), name.clone()) {
            format!("`{other}` and `{name}` would both be the constant `{constant}`; rename one of them")
        } else {
            return true;
        };
        errors.at(ident.span(), message);
        false
    });
}

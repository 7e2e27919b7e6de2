//! The functions that look up a document by a unique index.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use syn::{Type, TypePath};

use super::relation::OTHER_METHODS;
use crate::attr::{DeclaredIndex, FieldName, LookupName, Text};
use crate::errors::Errors;
use crate::ir::{Field, Lookup, Model};
use crate::lower::check_name;
use crate::names::{self, METHODS_OF_MODEL};

/// Gives each unique index with required fields a function, and reports names that don't fit and options without a
/// meaning.
pub(super) fn unique_indexes_have_lookups(model: &mut Model, errors: &mut Errors) {
    let relations = model.relations.iter().filter_map(|relation| relation.resolved.as_ref());
    let mut taken: HashSet<String> = relations.clone().map(|relation| relation.name.text.clone()).collect();
    taken.extend(relations.filter_map(|relation| relation.recursive.as_ref()).map(names::text));
    taken.extend(METHODS_OF_MODEL.split(' ').chain(OTHER_METHODS).map(str::to_owned));
    let mut lookups = Vec::new();
    for (place, index) in model.indexes.iter().enumerate() {
        let option = index.attribute.options.lookup.as_ref();
        let at = index.attribute.at("lookup").unwrap_or(index.span);
        let name = match (obstacle(model, index), option) {
            (Some(reason), Some(LookupName::Name(_))) => {
                errors.at(at, format!("{reason}; leave out `lookup`"));
                continue;
            }
            (_, Some(LookupName::None)) | (Some(_), None) => continue,
            (None, Some(LookupName::Name(Text(literal)))) => match check_name(&literal.value()) {
                Ok(name) => names::ident(&name, literal.span()),
                Err(message) => {
                    errors.at(literal.span(), message);
                    continue;
                }
            },
            (None, None) => default_name(index),
        };
        if !taken.insert(names::text(&name)) {
            let message = format!(
                "`{}` already has a method `{name}`, which would look up documents by this index; write `lookup = \"..\"` with another name, or `lookup = false`",
                model.name
            );
            errors.at(if option.is_some() { name.span() } else { index.span }, message);
            continue;
        }
        let fields: Vec<FieldName> = index.keys.iter().map(|key| key.path.last.clone()).collect();
        lookups.push(Lookup { index: place, name, fields });
    }
    model.lookups = lookups;
}

/// `by_country_and_code`.
fn default_name(index: &DeclaredIndex) -> Ident {
    let fields: Vec<_> = index.keys.iter().map(|key| key.path.last.text().to_lowercase()).collect();
    Ident::new(&format!("by_{}", fields.join("_and_")), Span::call_site().located_at(index.span))
}

/// Why an index can't find the only document with some values.
fn obstacle(model: &Model, index: &DeclaredIndex) -> Option<String> {
    let options = &index.attribute.options;
    if !options.unique.is_present() {
        return Some("several documents may have the values of an index without `unique`".to_owned());
    }
    if options.partial.is_some() {
        return Some("outside of `partial`, several documents may have the same values".to_owned());
    }
    index.keys.iter().find_map(|key| {
        let name = key.path.text();
        if !key.path.outer.is_empty() {
            return Some(format!("a lookup needs fields of the struct itself, and `{name}` is inside one"));
        }
        let field = model.field(&key.path.last)?;
        let is_reference = model.relations.iter().filter_map(|relation| relation.resolved.as_ref());
        if is_reference.clone().any(|relation| relation.is_by(&field.constant.to_string())) {
            return Some(format!("a lookup compares single values, but `{name}` is a tag and an id"));
        }
        is_option(field).then(|| format!("a lookup needs required fields, but `{name}` can be null"))
    })
}

fn is_option(field: &Field) -> bool {
    let Type::Path(TypePath { path, .. }) = &field.ty else { return false };
    path.segments.last().is_some_and(|last| last.ident == "Option")
}

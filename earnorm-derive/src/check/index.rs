use quote::ToTokens;

use crate::attr::{DeclaredIndex, IndexKey, KeyOrder};
use crate::errors::Errors;
use crate::ir::{Field, Model, Stored};
use crate::lower::no_such_field;

/// Removes the indexes whose fields have a mistake, and those without fields.
pub(super) fn indexes_have_stored_fields(model: &mut Model, errors: &mut Errors) {
    let indexes = std::mem::take(&mut model.indexes);
    for index in indexes {
        let mistakes: Vec<_> = index.keys.iter().filter_map(|key| Some((key.span, mistake_in(key, model)?))).collect();
        if index.keys.is_empty() && index.attribute.complete {
            errors.at(index.span, "an index needs a field; write `#[index(email)]` with a field of this struct");
        }
        if mistakes.is_empty() && !index.keys.is_empty() {
            model.indexes.push(index);
        }
        for (at, message) in mistakes {
            errors.at(at, message);
        }
    }
}

/// What is wrong with the field of this struct that a path begins with. What it leads to is left to the compiler.
fn mistake_in(key: &IndexKey, model: &Model) -> Option<String> {
    let (first, is_path) = key.path.outer.first().map_or((&key.path.last, false), |first| (first, true));
    let name = first.text();
    let Some(field) = model.field(first) else { return Some(no_such_field(first, &model.name, &model.fields)) };
    match field.stored {
        Stored::Skipped => Some(format!("`{name}` is not stored; name a field that is")),
        _ if is_path && field.embedded.is_none() => Some(format!(
            "`{}` leads into a field without `#[model(embedded)]`; add it to `{name}`, so that the path can be checked",
            key.path.text()
        )),
        Stored::Flattened if is_path => None,
        Stored::Flattened if field.embedded.is_some() => {
            Some(format!("`{name}` is flattened; name a field inside it, like `{name}.city`"))
        }
        Stored::Flattened => Some(format!("`{name}` is flattened, so nothing is stored under its name; leave it out")),
        Stored::As(_) => None,
    }
}

/// A server can't make an index with options that contradict each other.
pub(super) fn index_options_agree(model: &Model, errors: &mut Errors) {
    for index in &model.indexes {
        a_field_is_indexed_once(index, errors);
        words_and_hashes_are_limited(index, errors);
        documents_expire_by_one_date(model, index, errors);
        let Some(sparse) = index.attribute.at("sparse") else { continue };
        let first = index.keys.first().map(|key| key.path.text()).unwrap_or_default();
        let instead = format!("write `partial = doc! {{ \"{first}\": {{ \"$exists\": true }} }}`");
        if index.attribute.at("partial").is_some() {
            errors.at(sparse, format!("a server takes either `sparse` or `partial`; in place of `sparse`, {instead}"));
        } else if model.tag.is_some() {
            let name = &model.name;
            let message = format!("an index of `{name}` is partial by its tag, so it can't be sparse; {instead}");
            errors.at(sparse, message);
        }
    }
}

fn a_field_is_indexed_once(index: &DeclaredIndex, errors: &mut Errors) {
    for (place, key) in index.keys.iter().enumerate() {
        let name = key.path.text();
        if index.keys.iter().take(place).any(|other| other.path.text() == name) {
            errors.at(key.span, format!("`{name}` is in this index twice; keep one"));
        }
    }
}

fn words_and_hashes_are_limited(index: &DeclaredIndex, errors: &mut Errors) {
    let of = |order| index.keys.iter().filter(move |key| key.order == order);
    let (text, hashed) = (of(KeyOrder::Text).next(), of(KeyOrder::Hashed).next());
    if let Some(second) = of(KeyOrder::Hashed).nth(1) {
        errors.at(second.span, "an index has at most one hashed field; keep one");
    }
    if let (Some(_), Some(hashed)) = (text, hashed) {
        errors.at(hashed.span, "an index can't have text and a hashed field; write two indexes");
    }
    let runs = index.keys.windows(2).filter(|pair| pair[0].order != KeyOrder::Text && pair[1].order == KeyOrder::Text);
    let first_is_text = index.keys.first().is_some_and(|key| key.order == KeyOrder::Text);
    if runs.count() + usize::from(first_is_text) > 1
        && let Some(last) = of(KeyOrder::Text).next_back()
    {
        errors.at(last.span, "an index has one `text(..)`; write all of its fields in it, as in `text(title, body)`");
    }
    if let Some(unique) = index.attribute.at("unique") {
        if let Some(hashed) = hashed {
            let name = hashed.path.text();
            errors.at(unique, format!("a hashed index can't be unique; write `{name}` in place of `hashed({name})`"));
        } else if text.is_some() {
            errors.at(unique, "a text index can't be unique; leave out `unique`, or declare a second index");
        }
    }
    if let (Some(collation), Some(_)) = (index.attribute.at("collation"), text) {
        errors.at(collation, "a text index can't have a collation; leave out `collation`");
    }
}

fn documents_expire_by_one_date(model: &Model, index: &DeclaredIndex, errors: &mut Errors) {
    let Some(at) = index.attribute.at("expire_after") else { return };
    let [key] = index.keys.as_slice() else {
        return errors.at(at, "`expire_after` needs an index on one date; declare a second index for the other fields");
    };
    if matches!(key.order, KeyOrder::Text | KeyOrder::Hashed) {
        errors.at(at, "`expire_after` needs an index on one date, without `text(..)` and `hashed(..)`");
    } else if is_id(model, key) {
        errors.at(at, "an `_id` can't expire; name a field that holds a date");
    }
}

fn is_id(model: &Model, key: &IndexKey) -> bool {
    let field = model.field(&key.path.last).filter(|_| key.path.outer.is_empty());
    field.is_some_and(|field: &Field| matches!(&field.stored, Stored::As(stored) if stored == "_id"))
}

/// An index is declared once, and so is its name. The index on `_id` always exists. Removes the second of two equal ones.
pub(super) fn indexes_differ(model: &mut Model, errors: &mut Errors) {
    let mut seconds = Vec::new();
    for (place, index) in model.indexes.iter().enumerate() {
        if let [key] = index.keys.as_slice()
            && is_id(model, key)
            && key.order != KeyOrder::Hashed
            && index.attribute.at("expire_after").is_none()
        {
            let name = key.path.text();
            errors.at(key.span, format!("`{name}` is stored as `_id`, which always has an index; leave this one out"));
        }
        let mut others = model.indexes.iter().take(place);
        if others.clone().any(|other| is_same(index, other)) {
            errors.at(index.span, "this index is declared twice; keep one");
            seconds.push(place);
        } else if let (Some(name), Some(at)) = (&index.attribute.options.name, index.attribute.at("name"))
            && others.clone().any(|other| other.attribute.options.name.as_ref().is_some_and(|n| n.0 == name.0))
        {
            errors.at(at, format!("`{}` is the name of two indexes; rename one of them", name.0));
        } else if let Some(text) = text_of(index)
            && others.any(|other| text_of(other).is_some())
        {
            errors.at(text.span, "a collection has at most one text index; write all fields in one");
        }
    }
    let mut place = 0..;
    model.indexes.retain(|_| place.next().is_some_and(|place| !seconds.contains(&place)));
}

fn text_of(index: &DeclaredIndex) -> Option<&IndexKey> {
    index.keys.iter().find(|key| key.order == KeyOrder::Text)
}

/// Whether a server takes two indexes for one: their names and other options don't count. An option with a mistake may be what
/// distinguishes them.
fn is_same(a: &DeclaredIndex, b: &DeclaredIndex) -> bool {
    let fields =
        |index: &DeclaredIndex| -> Vec<_> { index.keys.iter().map(|key| (key.path.text(), key.order)).collect() };
    let options = |index: &DeclaredIndex| {
        let options = &index.attribute.options;
        let partial = options.partial.as_ref().map(|partial| partial.0.to_token_stream().to_string());
        let collation = options.collation.as_ref().map(|collation| collation.0.to_token_stream().to_string());
        (options.unique.is_present(), options.sparse.is_present(), partial, collation)
    };
    a.attribute.complete && b.attribute.complete && fields(a) == fields(b) && options(a) == options(b)
}

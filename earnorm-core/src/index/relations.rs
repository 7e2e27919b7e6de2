//! The indexes that relations need.

use mongodb::bson::{Bson, Document, doc};

use super::needed::NeededIndex;
use crate::schema::{DeclaredKey, Hop, Hops, ModelMetadata, RelationKind, RelationMetadata, same_model};

impl NeededIndex {
    fn plain(key: &DeclaredKey) -> Self {
        Self::new(key.holder.collection, keys_of(key))
    }

    /// The unique index on these keys, for the documents that match `part`. Documents with a missing or null key are not in
    /// the index, so there may be any number of them.
    fn unique(self, declared: &[&DeclaredKey], mut part: Document) -> Vec<Self> {
        // documents of another kind may have the same key
        for tag in declared.iter().filter_map(|key| key.holder.config.tag) {
            part.entry(tag.field.to_owned()).or_insert_with(|| tag.value.into());
        }
        for key in declared.iter().filter(|key| can_be_null(key)) {
            if let Some(tag) = key.tag {
                part.entry(tag.field.to_owned()).or_insert_with(|| doc! { "$type": "string" }.into());
            }
            part.insert(key.field, doc! { "$type": id_types() });
        }
        let by_type = self.keys.keys().any(|key| part.contains_key(key));
        let mut unique = Self { unique: true, partial: (!part.is_empty()).then_some(part), ..self.clone() };
        unique.except_deleted(declared.iter().find_map(|key| key.holder.config.soft_delete));
        // `mongod` doesn't use an index with `$type` in its partial filter for `{ key: x }`, so add one on all documents
        if by_type { vec![self, unique] } else { vec![unique] }
    }
}

/// The indexes that a relation needs.
pub(super) fn relation_indexes(source: &'static ModelMetadata, relation: &RelationMetadata) -> Vec<NeededIndex> {
    let key = relation.foreign_key;
    if !relation.config.index || key == "_id" {
        return Vec::new();
    }
    // a key to several models has one index, whichever of them it refers to
    let Some(hops) = relation.hops(source).next() else { return Vec::new() };
    let hop = match hops {
        Hops::Through(first, second) => return join_model_indexes(&first.key, &second.key),
        Hops::Direct(hop) => hop,
    };
    // the filter and the order apply to the documents with the key, unless the source has it
    let filter = relation.filter.filter(|_| !hop.to_parent).map_or_else(Document::new, |filter| filter());
    let unique = relation.kind == RelationKind::OneToOne;
    let indexes = if unique { one_to_one_indexes(&hop, &filter) } else { Vec::new() };
    match indexes.is_empty() {
        true if hop.to_parent => vec![NeededIndex::plain(&hop.key)],
        true => vec![read_index(&hop.key, relation, &filter)],
        false => indexes,
    }
}

/// The fields of an index on a key: its tag comes first.
fn keys_of(key: &DeclaredKey) -> Document {
    let mut keys: Document = key.tag.iter().map(|tag| (tag.field.to_owned(), Bson::Int32(1))).collect();
    keys.insert(key.field, 1);
    keys
}

fn can_be_null(key: &DeclaredKey) -> bool {
    match key.tag {
        // an embedded document may be missing, and its keys with it
        Some(tag) => tag.nullable || tag.whole.unwrap_or(key.field).contains('.'),
        None => key.field.contains('.') || key.holder.field(key.field).is_some_and(|field| field.nullable),
    }
}

/// The index for reading a relation's documents, by the rule "equality, sort, range": the key and the fields that the
/// filter compares for equality, then the sort order, then the fields that the filter compares otherwise.
fn read_index(key: &DeclaredKey, relation: &RelationMetadata, filter: &Document) -> NeededIndex {
    let holder = key.holder;
    let mut index = NeededIndex::plain(key);
    let named = |of: fn(&Bson) -> bool| {
        let mut names: Vec<&str> =
            filter.iter().filter(|(name, v)| is_field(name) && of(v)).map(|(n, _)| &**n).collect();
        // two relations with the same conditions get the same index
        names.sort_unstable();
        names.into_iter().map(|name| (name, 1))
    };
    // no two documents have the same `_id`, so fields after it don't matter
    let ordered = !relation.order_by.is_empty() || relation.limit.is_some();
    let order = relation.order_by.iter().copied().take_while(|(name, _)| *name != "_id");
    let last = relation.order_by.iter().copied().find(|(name, _)| *name == "_id").unwrap_or(("_id", 1));
    let order = order.chain(ordered.then_some(last));
    let mut arrays = holder.arrays_on(relation.foreign_key);
    for (name, direction) in named(is_equality).chain(order).chain(named(is_range)) {
        // an index on two arrays that are beside each other makes the server refuse documents
        let others = holder.arrays_on(name);
        let nested = |a: &String, b: &String| a.starts_with(b.as_str()) || b.starts_with(a.as_str());
        if arrays.iter().all(|a| others.iter().all(|b| nested(a, b))) {
            index.keys.entry(name.to_owned()).or_insert_with(|| direction.into());
            arrays.extend(others);
        }
    }
    index
}

fn is_field(name: &str) -> bool {
    !name.starts_with('$') && name != "_id"
}

/// Whether the condition matches a single value, which is one lookup in the index.
fn is_equality(value: &Bson) -> bool {
    match value {
        Bson::Document(operators) => match operators.iter().next() {
            Some((name, value)) if name == "$eq" => operators.len() == 1 && is_equality(value),
            first => !first.is_some_and(|(name, _)| name.starts_with('$')),
        },
        Bson::Array(_) | Bson::RegularExpression(_) => false,
        _ => true,
    }
}

fn is_range(value: &Bson) -> bool {
    let is_bound = |name: &String| matches!(name.as_str(), "$gt" | "$gte" | "$lt" | "$lte" | "$in");
    value.as_document().is_some_and(|operators| !operators.is_empty() && operators.keys().all(is_bound))
}

/// A unique index for the pair of keys, and one for the second key. The order of the pair doesn't depend on the side that
/// declares the relation, because both sides may.
fn join_model_indexes(source: &DeclaredKey, target: &DeclaredKey) -> Vec<NeededIndex> {
    let (first, second) = if source.field < target.field { (source, target) } else { (target, source) };
    let mut pair = NeededIndex::plain(first);
    pair.keys.extend(keys_of(second));
    let mut indexes = pair.unique(&[first, second], Document::new());
    indexes.push(NeededIndex::plain(second));
    indexes
}

/// The unique index of a one-to-one relation. With a filter, it is on the documents that match. It is empty if an index
/// can't have that filter.
fn one_to_one_indexes(hop: &Hop, filter: &Document) -> Vec<NeededIndex> {
    if !filter.iter().all(|(name, value)| is_field(name) && is_equality(value) && *value != Bson::Null) {
        return Vec::new();
    }
    let mut part = filter.clone();
    // other models may have many documents with the key
    if !hop.to_parent && !is_one_for_all(&hop.key) {
        part.extend(hop.tag());
    }
    NeededIndex::plain(&hop.key).unique(&[&hop.key], part)
}

/// Whether every model that the key can refer to has at most one document with it.
fn is_one_for_all(key: &DeclaredKey) -> bool {
    let Some(tag) = key.tag else { return true };
    tag.variants.iter().all(|variant| {
        (variant.model)().relations.iter().any(|relation| {
            let is_by_key = relation.foreign_key == key.field && relation.tag.is_some_and(|by| by.value == variant.tag);
            let to_holder = relation.target.models().any(|target| same_model(target, key.holder));
            relation.kind == RelationKind::OneToOne && is_by_key && to_holder && relation.filter.is_none()
        })
    })
}

/// Every type that an id can have. This is the shortest partial filter of `mongod` for keys that exist and aren't null:
/// `$exists` also matches null, and a comparison matches only one type.
fn id_types() -> Vec<Bson> {
    const TYPES: [&str; 17] = [
        "objectId",
        "string",
        "int",
        "long",
        "double",
        "decimal",
        "binData",
        "date",
        "bool",
        "object",
        "timestamp",
        "symbol",
        "javascript",
        "javascriptWithScope",
        "dbPointer",
        "minKey",
        "maxKey",
    ];
    TYPES.into_iter().map(Bson::from).collect()
}

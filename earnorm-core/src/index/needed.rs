//! Finds the indexes that the declared relations need. Nothing here sends a command.

use mongodb::bson::{Bson, Document, doc};

use crate::schema::{Hops, ModelMetadata, RelationKind, RelationMetadata};

/// An index that a relation needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NeededIndex {
    pub(super) collection: &'static str,
    pub(super) keys: Document,
    pub(super) unique: bool,
    /// The partial filter expression, if it has one.
    pub(super) partial: Option<Document>,
}

impl NeededIndex {
    fn plain(collection: &'static str, key: &str) -> Self {
        Self { collection, keys: doc! { key: 1 }, unique: false, partial: None }
    }

    /// The unique index on these keys, for the documents of `holder` that match `part`. Documents with a missing or null
    /// key are not in the index, so there may be any number of them.
    fn unique(self, holder: &ModelMetadata, mut part: Document) -> Vec<Self> {
        // an embedded document may be missing, and its keys with it
        let can_be_null = |key: &str| key.contains('.') || holder.field(key).is_some_and(|field| field.nullable);
        let nullable = self.keys.keys().filter(|key| can_be_null(key));
        part.extend(nullable.map(|key| (key.clone(), doc! { "$type": id_types() }.into())));
        let by_type = self.keys.keys().any(|key| part.contains_key(key));
        let unique = Self { unique: true, partial: (!part.is_empty()).then_some(part), ..self.clone() };
        // `mongod` doesn't use an index with `$type` in its partial filter for `{ key: x }`, so add one on all documents
        if by_type { vec![self, unique] } else { vec![unique] }
    }

    /// The index to make if the server can't make a unique one.
    pub(super) fn without_unique(&self) -> Self {
        Self { unique: false, partial: None, ..self.clone() }
    }

    /// The server's default name. A partial index has a longer one, because it can exist beside one on all documents.
    pub(super) fn name(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|(key, d)| format!("{key}_{d}")).collect();
        let mut name = keys.join("_");
        if let Some(partial) = &self.partial {
            name.push_str("_unique");
            for (field, value) in partial.iter().filter(|(field, _)| !self.keys.contains_key(field)) {
                name.push_str(&format!("_{field}_{value}").replace('"', ""));
            }
        }
        name
    }

    /// Whether this index serves every query that the other serves, and refuses every document that the other refuses.
    fn covers(&self, other: &Self) -> bool {
        let prefix = self.keys.iter().zip(&other.keys).all(|(a, b)| a == b);
        let same = self.keys.len() == other.keys.len();
        let whole = self.partial.is_none() || self.partial == other.partial;
        let serves = if other.unique {
            self.unique && same
        } else {
            // a unique index finds at most one document, so further fields add nothing
            self.keys.len() >= other.keys.len() || self.unique
        };
        self.collection == other.collection && prefix && whole && serves
    }
}

/// The indexes that the relations of `models` need, without duplicates and without those that another one covers.
pub(super) fn needed_by(models: impl Iterator<Item = &'static ModelMetadata>) -> Vec<NeededIndex> {
    let mut all: Vec<NeededIndex> = Vec::new();
    for model in models {
        for relation in model.all_relations() {
            for index in relation_indexes(model, relation) {
                if !all.iter().any(|other| other.covers(&index)) {
                    all.retain(|other| !index.covers(other));
                    all.push(index);
                }
            }
        }
    }
    all
}

fn relation_indexes(source: &'static ModelMetadata, relation: &RelationMetadata) -> Vec<NeededIndex> {
    let key = relation.foreign_key;
    if !relation.config.index || key == "_id" {
        return Vec::new();
    }
    let unique = relation.kind == RelationKind::OneToOne;
    let hop = match relation.hops(source) {
        Hops::Through(first, second) => return join_model_indexes(first.key.holder, first.key.field, second.key.field),
        Hops::Direct(hop) => hop,
    };
    let holder = hop.key.holder;
    // the filter and the order apply to the documents with the key, unless the source has it
    let filter = relation.filter.filter(|_| !hop.to_parent).map_or_else(Document::new, |filter| filter());
    let indexes = if unique { one_to_one_indexes(holder, key, &filter) } else { Vec::new() };
    match indexes.is_empty() {
        true if hop.to_parent => vec![NeededIndex::plain(holder.collection, key)],
        true => vec![read_index(holder, relation, &filter)],
        false => indexes,
    }
}

/// The index for reading a relation's documents, by the rule "equality, sort, range": the key and the fields that the
/// filter compares for equality, then the sort order, then the fields that the filter compares otherwise.
fn read_index(holder: &'static ModelMetadata, relation: &RelationMetadata, filter: &Document) -> NeededIndex {
    let mut index = NeededIndex::plain(holder.collection, relation.foreign_key);
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
fn join_model_indexes(join: &'static ModelMetadata, source_key: &str, target_key: &str) -> Vec<NeededIndex> {
    let (first, second) = if source_key < target_key { (source_key, target_key) } else { (target_key, source_key) };
    let pair = NeededIndex { keys: doc! { first: 1, second: 1 }, ..NeededIndex::plain(join.collection, first) };
    let mut indexes = pair.unique(join, Document::new());
    indexes.push(NeededIndex::plain(join.collection, second));
    indexes
}

/// The unique index of a one-to-one relation. With a filter, it is on the documents that match. It is empty if an index
/// can't have that filter.
fn one_to_one_indexes(holder: &'static ModelMetadata, key: &str, filter: &Document) -> Vec<NeededIndex> {
    let all = NeededIndex::plain(holder.collection, key);
    if !filter.iter().all(|(name, value)| is_field(name) && is_equality(value) && *value != Bson::Null) {
        return Vec::new();
    }
    all.unique(holder, filter.clone())
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

//! Which indexes the declared relations call for. Pure: nothing is sent here.

use mongodb::bson::{Bson, Document, doc};

use crate::schema::{KeyHolder, ModelMetadata, RelationKind, RelationMetadata};

/// An index that a relation calls for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) collection: &'static str,
    pub(super) keys: Document,
    pub(super) unique: bool,
    /// Which documents it holds, where not all.
    pub(super) partial: Option<Document>,
}

impl Wanted {
    fn plain(collection: &'static str, key: &str) -> Self {
        Self { collection, keys: doc! { key: 1 }, unique: false, partial: None }
    }

    /// Unique among the documents of `holder` that fulfil `part` and have an id in each of these keys. A document whose key
    /// is missing or null is not in the index, so it takes no place.
    fn once(self, holder: &ModelMetadata, mut part: Document) -> Vec<Self> {
        let nullable = self.keys.keys().filter(|key| holder.field(key).is_some_and(|field| field.nullable));
        part.extend(nullable.map(|key| (key.clone(), doc! { "$type": of_an_id() }.into())));
        let by_type = self.keys.keys().any(|key| part.contains_key(key));
        let unique = Self { unique: true, partial: (!part.is_empty()).then_some(part), ..self.clone() };
        // `mongod` doesn't read `{ key: x }` by an index on a part given by type, so there is a plain one beside it
        if by_type { vec![self, unique] } else { vec![unique] }
    }

    /// What can be had where it can't be unique.
    pub(super) fn not_unique(&self) -> Self {
        Self { unique: false, partial: None, ..self.clone() }
    }

    /// The name that the server would give it; one that holds a part of the documents stands beside one that holds all.
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

    /// Whether this one answers every question that the other does, and forbids all that it does.
    fn covers(&self, other: &Self) -> bool {
        let prefix = self.keys.iter().zip(&other.keys).all(|(a, b)| a == b);
        let same = self.keys.len() == other.keys.len();
        let whole = self.partial.is_none() || self.partial == other.partial;
        let answers = if other.unique {
            self.unique && same
        } else {
            // one document at the most needs no further order
            self.keys.len() >= other.keys.len() || self.unique
        };
        self.collection == other.collection && prefix && whole && answers
    }
}

/// The indexes of all relations of `models`, each once, and none that another makes superfluous.
pub(super) fn wanted(models: impl Iterator<Item = &'static ModelMetadata>) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for model in models {
        for relation in model.relations {
            for index in of_relation(model, relation) {
                if !all.iter().any(|other| other.covers(&index)) {
                    all.retain(|other| !index.covers(other));
                    all.push(index);
                }
            }
        }
    }
    all
}

fn of_relation(source: &'static ModelMetadata, relation: &RelationMetadata) -> Vec<Wanted> {
    let key = relation.foreign_key;
    if !relation.config.index || key == "_id" {
        return Vec::new();
    }
    let unique = relation.kind == RelationKind::OneToOne;
    match (relation.holder, &relation.through) {
        (KeyHolder::Through, Some(through)) => of_join((through.model)(), key, through.target_key),
        // the filter and the order are those of the documents with the key
        (KeyHolder::Target, _) => {
            let target = (relation.target)();
            let filter = relation.filter.map_or_else(Document::new, |filter| filter());
            let unique = if unique { of_one_to_one(target, key, &filter) } else { Vec::new() };
            if unique.is_empty() { vec![of_reads(target, relation, &filter)] } else { unique }
        }
        _ if unique => of_one_to_one(source, key, &Document::new()),
        _ => vec![Wanted::plain(source.collection, key)],
    }
}

/// The index by which a relation's documents are read as it declares them: equality, sort, range. First the key and what
/// the filter sets equal to a value, then the order as it is sent, then what the filter bounds.
fn of_reads(holder: &'static ModelMetadata, relation: &RelationMetadata, filter: &Document) -> Wanted {
    let mut index = Wanted::plain(holder.collection, relation.foreign_key);
    let named = |of: fn(&Bson) -> bool| {
        let mut names: Vec<&str> =
            filter.iter().filter(|(name, v)| is_field(name) && of(v)).map(|(n, _)| &**n).collect();
        // two relations with the same conditions get the same index
        names.sort_unstable();
        names.into_iter().map(|name| (name, 1))
    };
    // `_id` decides last, so nothing counts that is behind it
    let ordered = !relation.order_by.is_empty() || relation.limit.is_some();
    let order = relation.order_by.iter().copied().take_while(|(name, _)| *name != "_id");
    let last = relation.order_by.iter().copied().find(|(name, _)| *name == "_id").unwrap_or(("_id", 1));
    let order = order.chain(ordered.then_some(last));
    for (name, direction) in named(is_equality).chain(order).chain(named(is_range)) {
        index.keys.entry(name.to_owned()).or_insert_with(|| direction.into());
    }
    index
}

fn is_field(name: &str) -> bool {
    !name.starts_with('$') && name != "_id"
}

/// One value, as which just one place in the index is looked up.
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

/// One for the pair, which is to be there once, and one for the way from the other side. Both sides may declare it, so the
/// order of the pair is not that of a side.
fn of_join(join: &'static ModelMetadata, source_key: &str, target_key: &str) -> Vec<Wanted> {
    let (first, second) = if source_key < target_key { (source_key, target_key) } else { (target_key, source_key) };
    let pair = Wanted { keys: doc! { first: 1, second: 1 }, ..Wanted::plain(join.collection, first) };
    let mut indexes = pair.once(join, Document::new());
    indexes.push(Wanted::plain(join.collection, second));
    indexes
}

/// With a filter, the place is among the documents that fulfil it; where that can't be said of an index, there is no
/// unique one.
fn of_one_to_one(holder: &'static ModelMetadata, key: &str, filter: &Document) -> Vec<Wanted> {
    let all = Wanted::plain(holder.collection, key);
    if !filter.iter().all(|(name, value)| is_field(name) && is_equality(value) && *value != Bson::Null) {
        return Vec::new();
    }
    all.once(holder, filter.clone())
}

/// Every type that an id can have. `mongod` knows no shorter way to say that a key is there and isn't null: of what a part
/// may be given by, `$exists` is true of null, and comparisons are of one type each.
fn of_an_id() -> Vec<Bson> {
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

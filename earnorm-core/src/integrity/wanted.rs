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

    /// The name that the server would give it; one that holds a part of the documents stands beside one that holds all.
    pub(super) fn name(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|(key, d)| format!("{key}_{d}")).collect();
        let suffix = if self.partial.is_some() { "_unique" } else { "" };
        format!("{}{suffix}", keys.join("_"))
    }

    /// Whether this one answers every question that the other does, and forbids all that it does.
    fn covers(&self, other: &Self) -> bool {
        let prefix = self.keys.iter().zip(&other.keys).all(|(a, b)| a == b);
        let same = self.keys.len() == other.keys.len();
        let whole = self.partial.is_none() || self.partial == other.partial;
        self.collection == other.collection
            && prefix
            && self.keys.len() >= other.keys.len()
            && whole
            && (!other.unique || (self.unique && same))
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
    let holder = match (relation.holder, &relation.through) {
        (KeyHolder::Through, Some(through)) => {
            return of_join((through.model)(), key, through.target_key);
        }
        (KeyHolder::Target, _) => (relation.target)(),
        _ => source,
    };
    if relation.kind == RelationKind::OneToOne {
        of_one_to_one(holder, key)
    } else {
        vec![Wanted::plain(holder.collection, key)]
    }
}

/// One for the pair, which is to be there once, and one for the way from the other side. Both sides may declare it, so the
/// order of the pair is not that of a side.
fn of_join(join: &'static ModelMetadata, source_key: &str, target_key: &str) -> Vec<Wanted> {
    let (first, second) = if source_key < target_key { (source_key, target_key) } else { (target_key, source_key) };
    let pair = Wanted { keys: doc! { first: 1, second: 1 }, unique: true, ..Wanted::plain(join.collection, first) };
    vec![pair, Wanted::plain(join.collection, second)]
}

/// A missing key is no key, and so is a null one: neither may take the place.
fn of_one_to_one(holder: &'static ModelMetadata, key: &str) -> Vec<Wanted> {
    let all = Wanted::plain(holder.collection, key);
    let field = holder.field(key);
    let unique = Wanted { unique: true, ..all.clone() };
    match field {
        Some(field) if field.nullable && field.omittable => {
            vec![Wanted { partial: Some(doc! { key: { "$exists": true } }), ..unique }]
        }
        // `mongod` doesn't read `{ key: x }` by an index on a part given by type, so there is a plain one beside it
        Some(field) if field.nullable => {
            vec![all, Wanted { partial: Some(doc! { key: { "$type": not_null() } }), ..unique }]
        }
        _ => vec![unique],
    }
}

/// Every type that an id can have.
fn not_null() -> Vec<Bson> {
    ["objectId", "string", "int", "long", "double", "decimal", "binData", "date", "bool", "object"]
        .into_iter()
        .map(Bson::from)
        .collect()
}

//! The pipeline stages for conditions on related documents.

use mongodb::bson::{Bson, Document, doc};

use super::condition::{Condition, Has, on_object};
use super::filter::Fields;
use crate::schema::Hop;
use crate::store;

/// The stages that keep the documents that match all conditions. Each condition is joined only for the documents that
/// match those before it.
///
/// `exact` is for a pipeline with a collation: keys are compared without it.
pub(crate) fn stages(conditions: &[&Condition], exact: bool) -> Vec<Document> {
    let mut joins = Joins::new(exact);
    for condition in conditions {
        let found = joins.join(condition);
        joins.stages.push(doc! { "$match": found });
    }
    if !joins.names.is_empty() {
        joins.stages.push(doc! { "$unset": joins.names });
    }
    joins.stages
}

pub(super) struct Joins {
    pub(super) stages: Vec<Document>,
    names: Vec<String>,
    exact: bool,
}

/// What must be true of a document before the documents that were joined to it count: as conditions and as expressions.
#[derive(Default)]
pub(super) struct Guards {
    pub(super) condition: Document,
    pub(super) expressions: Vec<Document>,
}

impl Joins {
    pub(super) fn new(exact: bool) -> Self {
        Self { stages: Vec::new(), names: Vec::new(), exact }
    }

    /// A name for what is joined, which is removed at the end.
    pub(super) fn next_name(&mut self) -> String {
        let name = format!("__earnorm_{}", self.names.len());
        self.names.push(name.clone());
        name
    }

    /// Adds the joins that a condition needs. Returns the condition on their results.
    fn join(&mut self, condition: &Condition) -> Document {
        let mut each = |list: &[Condition]| list.iter().map(|one| self.join(one)).collect::<Vec<_>>();
        match condition {
            Condition::Own(document) => document.clone(),
            Condition::All(list) => doc! { "$and": each(list) },
            Condition::Either(list) => doc! { "$or": each(list) },
            Condition::Not(inner) => doc! { "$nor": [self.join(inner)] },
            Condition::Has(has) => {
                let name = self.next_name();
                self.lookup(has, &name, first_id()).exists(&name)
            }
            Condition::Number(counting, range) => self.number(counting, *range),
            Condition::Element(array, of) => doc! { array.clone(): { "$elemMatch": on_object(self.join(of)) } },
        }
    }

    /// Joins the related documents as the field `name`, and returns what has to be true in addition. `ending` has the last
    /// stages on the related documents.
    pub(super) fn lookup(&mut self, has: &Has, name: &str, ending: Vec<Document>) -> Guards {
        let (own, related) = has.of.split();
        let mut pipeline = self.own_stages(has, own);
        pipeline.extend(stages(&related, self.exact));
        pipeline.extend(ending);
        self.push_lookup(has, name, pipeline);
        Guards::of(has)
    }

    // the parts of `lookup`, which recurses: its frames have to be small

    fn own_stages(&self, has: &Has, own: Document) -> Vec<Document> {
        let hop = &has.hop;
        // a join treats a missing key like a null; an array may contain nulls, so the check is at its other end
        let foreign_array = hop.is_multiple() && !hop.to_parent;
        let guard = if foreign_array {
            Document::new()
        } else {
            doc! { hop.foreign(): { "$ne": Bson::Null } }
        };
        let filter = Fields::from(guard).and(has.foreign_tag().into()).and(own.into()).document;
        let mut pipeline = Vec::new();
        if !filter.is_empty() {
            pipeline.push(doc! { "$match": filter });
        }
        if self.exact {
            pipeline.push(doc! { "$match": { "$expr": same_bytes(hop) } });
        }
        pipeline
    }

    fn push_lookup(&mut self, has: &Has, name: &str, pipeline: Vec<Document>) {
        let (hop, local) = (&has.hop, has.local());
        let mut lookup = doc! { "from": hop.collection(), "localField": &*local, "foreignField": hop.foreign() };
        if self.exact {
            lookup.insert("let", doc! { "key": format!("${local}") });
        }
        lookup.insert("pipeline", pipeline);
        lookup.insert("as", name);
        self.stages.push(doc! { "$lookup": lookup });
    }
}

/// The stages for the id of the first document.
fn first_id() -> Vec<Document> {
    vec![doc! { "$limit": 1 }, doc! { "$project": { "_id": 1 } }]
}

impl Guards {
    /// The condition that a document was joined as the field `name`.
    fn exists(self, name: &str) -> Document {
        let mut found = doc! { name: { "$ne": [] } };
        found.extend(self.condition);
        found
    }

    fn of(has: &Has) -> Self {
        let (hop, local) = (&has.hop, has.local());
        let (mut guards, field) = (Self::default(), format!("${local}"));
        if hop.is_multiple() && !hop.to_parent {
            guards.condition.insert(&*local, doc! { "$ne": Bson::Null });
            guards.expressions.push(doc! { "$gt": [&field, Bson::Null] });
        }
        if hop.to_parent && !hop.is_multiple() {
            // a join would treat an array as a list of keys
            guards.condition.insert(&*local, store::no_array());
            guards.expressions.push(doc! { "$not": [{ "$isArray": [&field] }] });
        }
        for (name, value) in has.local_tag() {
            guards.expressions.push(doc! { "$eq": [format!("${name}"), { "$literal": value.clone() }] });
            guards.condition.insert(name, value);
        }
        guards
    }
}

/// How deep documents and arrays in ids are compared without the collation.
const DEPTH: usize = 6;

/// An expression: the two ends of a join are equal without the pipeline's collation. A collation only affects strings,
/// also in documents and arrays, and some operators compare the bytes of strings.
fn same_bytes(hop: &Hop) -> Document {
    let foreign = format!("${}", hop.foreign());
    let (array, one) = if hop.to_parent { ("$$key", foreign.as_str()) } else { (foreign.as_str(), "$$key") };
    if !hop.is_multiple() {
        return same(array, one);
    }
    doc! { "$anyElementTrue": [{ "$map": {
        "input": { "$cond": [{ "$isArray": [array] }, array, [array]] },
        "as": "item",
        "in": same("$$item", one),
    } }] }
}

fn same(a: &str, b: &str) -> Document {
    doc! { "$and": [{ "$eq": [a, b] }, same_strings(&a.into(), &b.into(), DEPTH)] }
}

/// An expression: two values that are equal under the collation contain the same strings. Such values have the same
/// types and the same field names.
fn same_strings(a: &Bson, b: &Bson, depth: usize) -> Bson {
    let bytes = doc! { "$and": [
        { "$eq": [{ "$indexOfBytes": [a, b] }, 0] },
        { "$eq": [{ "$strLenBytes": a }, { "$strLenBytes": b }] },
    ] };
    let Some(deeper) = depth.checked_sub(1) else {
        return true.into();
    };
    let values = |of: &Bson| {
        doc! { "$cond": [
            { "$isArray": [of] },
            of,
            { "$map": { "input": { "$objectToArray": of }, "as": "field", "in": "$$field.v" } },
        ] }
    };
    let pair = format!("pair{depth}");
    let of = |place: i32| Bson::from(doc! { "$arrayElemAt": [format!("$${pair}"), place] });
    let inner = doc! { "$allElementsTrue": [{ "$map": {
        "input": { "$zip": { "inputs": [values(a), values(b)] } },
        "as": &pair,
        "in": same_strings(&of(0), &of(1), deeper),
    } }] };
    doc! { "$switch": {
        "branches": [
            { "case": { "$and": [{ "$eq": [{ "$type": a }, "string"] }, { "$eq": [{ "$type": b }, "string"] }] }, "then": bytes },
            { "case": { "$in": [{ "$type": a }, ["object", "array"]] }, "then": inner },
        ],
        "default": true,
    } }
    .into()
}

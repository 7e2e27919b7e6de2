//! Conditions on a document and its related documents, without the types of their models.

use std::borrow::Cow;
use std::slice;

use mongodb::bson::{Document, doc};

use super::filter::{Fields, inside};
use crate::bson::EncodeError;
use crate::schema::{Hop, Hops, ModelMetadata, RelationMetadata};

/// How deep joins are nested; servers allow 20. A condition that is nested deeper needs a separate command.
const DEPTH: usize = 10;

/// A condition without the types of its models.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// On the document's own fields.
    Own(Document),
    All(Vec<Self>),
    Either(Vec<Self>),
    Not(Box<Self>),
    /// At least one related document matches a condition.
    Has(Box<Has>),
    /// The number of related documents is within a range.
    Number(Box<Counting>, Range),
    /// At least one element of the array at a path matches a condition.
    Element(String, Box<Self>),
}

/// A condition that at least one document at the end of a hop matches.
#[derive(Debug, Clone)]
pub(crate) struct Has {
    /// The path to the embedded document where the hop starts; empty for the document itself.
    pub(crate) at: String,
    pub(crate) hop: Hop,
    pub(crate) of: Condition,
}

/// The documents that a relation leads to, to be counted.
#[derive(Debug, Clone)]
pub(crate) struct Counting {
    /// The first hop. Its condition is that of the relation, or of the hop from a join model.
    pub(crate) has: Has,
    /// For a join model: the key of the target. Several join documents for one target count once.
    pub(crate) distinct: Option<&'static str>,
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: u64,
    /// The greatest; `None` for any number.
    pub(crate) most: Option<u64>,
}

impl Range {
    pub(crate) fn has(self, n: u64) -> bool {
        n >= self.least && self.most.is_none_or(|most| n <= most)
    }

    /// The range of the numbers of all documents of which the number within a window is in this range. `None` if there is
    /// none.
    pub(super) fn before_window(self, skip: u64, limit: Option<u64>) -> Option<Self> {
        if limit.is_some_and(|limit| limit < self.least) {
            return None;
        }
        let shift = |n: u64| n.saturating_add(skip);
        let most = self.most.filter(|most| limit.is_none_or(|limit| *most < limit)).map(shift);
        Some(Self { least: if self.least == 0 { 0 } else { shift(self.least) }, most })
    }

    /// The number at which counting can stop.
    pub(super) fn end(self) -> u64 {
        self.most.map_or(self.least, |most| most.saturating_add(1)).max(1)
    }
}

impl Counting {
    /// The documents of a relation that match a condition. `None` for a relation that leads nowhere.
    pub(crate) fn new(source: &'static ModelMetadata, relation: &RelationMetadata, of: &Condition) -> Option<Self> {
        let has = |hop, of| Has { at: String::new(), hop, of };
        // a step has one target
        Some(match relation.hops(source).next()? {
            Hops::Direct(hop) => Self { has: has(hop, of.clone()), distinct: None },
            Hops::Through(first, second) => {
                let target = Condition::Has(Box::new(has(second, of.clone())));
                Self { has: has(first, target), distinct: Some(second.key.field) }
            }
        })
    }

    /// Whether the field where it starts is an array of keys, each of which leads to a document.
    pub(crate) fn is_of_array(&self) -> bool {
        self.has.hop.to_parent && self.has.hop.is_multiple()
    }
}

impl Condition {
    /// Whether it matches every document.
    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Self::Own(document) if document.is_empty())
    }

    /// A condition that matches no document.
    pub(crate) fn never() -> Self {
        Self::Own(doc! { "$nor": [{}] })
    }

    /// A relation of `source` leads to at least one document that matches `of`. With a join model, this takes two hops. A
    /// relation to several models leads to a document of one of them.
    pub(crate) fn has(source: &'static ModelMetadata, relation: &RelationMetadata, of: &Self) -> Self {
        let has = |hop, of| Self::Has(Box::new(Has { at: String::new(), hop, of }));
        let each = relation.hops(source).map(|hops| match hops {
            Hops::Direct(hop) => has(hop, of.clone()),
            Hops::Through(first, second) => has(first, has(second, of.clone())),
        });
        each.reduce(Self::or).unwrap_or_else(Self::never)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::All(list) => list,
            one if one.is_always() => Vec::new(),
            one => vec![one],
        };
        let mut all = concat(list(self), list(other));
        if all.len() == 1 { all.remove(0) } else { Self::All(all) }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        let list = |condition| match condition {
            Self::Either(list) => list,
            one => vec![one],
        };
        Self::Either(concat(list(self), list(other)))
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The same condition as one filter document, as far as it has no conditions on related documents.
    pub(crate) fn simplified(self) -> Self {
        let each = |list: Vec<Self>| list.into_iter().map(Self::simplified).collect::<Vec<_>>();
        let own = |list: &[Self]| list.iter().all(|one| matches!(one, Self::Own(_)));
        let fields = |one: Self| if let Self::Own(document) = one { document.into() } else { Fields::default() };
        let fold = |list: Vec<Self>, join: fn(Fields, Fields) -> Fields| {
            Self::Own(list.into_iter().map(fields).reduce(join).unwrap_or_default().document)
        };
        match self {
            Self::All(list) => match each(list) {
                list if own(&list) => fold(list, Fields::and),
                list => Self::All(list),
            },
            Self::Either(list) => match each(list) {
                list if own(&list) => fold(list, Fields::or),
                list => Self::Either(list),
            },
            Self::Not(inner) => match inner.simplified() {
                Self::Own(document) => Self::Own(Fields::from(document).not().document),
                inner => Self::Not(Box::new(inner)),
            },
            Self::Element(path, of) => match of.simplified() {
                Self::Own(document) => Self::Own(doc! { path: { "$elemMatch": on_object(document) } }),
                of => Self::Element(path, Box::new(of)),
            },
            other => other,
        }
    }

    /// The same condition on the embedded document at a path.
    pub(crate) fn inside(self, path: &str) -> Result<Self, EncodeError> {
        let each = |list: Vec<Self>| list.into_iter().map(|one| one.inside(path)).collect::<Result<_, _>>();
        Ok(match self {
            Self::Own(document) => Self::Own(inside(path, &document)?),
            Self::All(list) => Self::All(each(list)?),
            Self::Either(list) => Self::Either(each(list)?),
            Self::Not(inner) => Self::Not(Box::new(inner.inside(path)?)),
            Self::Has(has) => Self::Has(Box::new(has.inside(path))),
            Self::Number(counting, range) => {
                let Counting { has, distinct } = *counting;
                Self::Number(Box::new(Counting { has: has.inside(path), distinct }), range)
            }
            Self::Element(array, of) => Self::Element(dotted(path, &array), of),
        })
    }

    /// Splits the condition into the filter on the document's own fields, and the conditions on related documents that
    /// have to be true in addition.
    pub(crate) fn split(&self) -> (Document, Vec<&Self>) {
        let list = match self {
            Self::All(list) => list.as_slice(),
            one => slice::from_ref(one),
        };
        let (mut own, mut related) = (Fields::default(), Vec::new());
        for condition in list {
            match condition {
                Self::Own(document) => own = own.and(document.clone().into()),
                other => related.push(other),
            }
        }
        (own.document, related)
    }

    /// Whether a part of it counts the documents of an array of keys. The condition on an element of an array can't.
    pub(crate) fn counts_array(&self) -> bool {
        match self {
            Self::Own(_) | Self::Has(_) => false,
            Self::All(list) | Self::Either(list) => list.iter().any(Self::counts_array),
            Self::Not(inner) | Self::Element(_, inner) => inner.counts_array(),
            Self::Number(counting, _) => counting.is_of_array(),
        }
    }

    /// How deep joins are nested.
    fn depth(&self) -> usize {
        match self {
            Self::Own(_) => 0,
            Self::All(list) | Self::Either(list) => list.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(inner) => inner.depth(),
            Self::Has(has) => has.of.depth() + 1,
            Self::Number(counting, _) => counting.has.of.depth() + 1,
            Self::Element(_, of) => of.depth(),
        }
    }

    /// Whether a part of it needs a separate command.
    pub(crate) fn needs_own_command(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::All(list) | Self::Either(list) => list.iter().any(Self::needs_own_command),
            Self::Not(inner) => inner.needs_own_command(),
            Self::Has(has) => has.needs_own_command() || has.of.needs_own_command(),
            Self::Number(counting, _) => counting.has.needs_own_command() || counting.has.of.needs_own_command(),
            // a join doesn't tell to which element a document is related
            Self::Element(_, of) => of.depth() > 0,
        }
    }
}

/// `outer.inner`; one of them if the other is empty.
fn dotted(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        ("", one) | (one, "") => one.to_owned(),
        (outer, inner) => format!("{outer}.{inner}"),
    }
}

/// A condition for `$elemMatch` or `$pull`. If its first key is an operator, some servers treat it as a condition on a
/// value.
pub(crate) fn on_object(condition: Document) -> Document {
    if !condition.keys().next().is_some_and(|key| key.starts_with('$')) {
        return condition;
    }
    let mut object = doc! { "__earnorm": { "$exists": false } };
    object.extend(condition);
    object
}

/// Appends to the first list, so that a fold of conditions takes linear time.
fn concat(mut one: Vec<Condition>, mut other: Vec<Condition>) -> Vec<Condition> {
    one.append(&mut other);
    one
}

impl Has {
    /// The same for the embedded document at a path.
    fn inside(self, path: &str) -> Self {
        Self { at: dotted(path, &self.at), ..self }
    }

    /// Whether it can't be joined: its key is stored in another form than the id, joins are nested too deep, or the key is
    /// in an array of embedded documents, by which not every server joins.
    pub(crate) fn needs_own_command(&self) -> bool {
        let key = &self.hop.key;
        !key.stored.alike || self.of.depth() >= DEPTH || key.path.is_in_array()
    }

    /// The field of the document to which the condition applies.
    pub(crate) fn local(&self) -> Cow<'static, str> {
        self.at_path(self.hop.local())
    }

    /// The condition on the tag of the document to which the condition applies, if that has the key.
    pub(crate) fn local_tag(&self) -> Document {
        let tag = self.hop.key.tag.filter(|_| self.hop.to_parent);
        tag.map_or_else(Document::new, |tag| doc! { &*self.at_path(tag.field): tag.value })
    }

    /// The condition on the tags of the related documents: that of their model, and that beside the key if they have it.
    pub(crate) fn foreign_tag(&self) -> Document {
        let mut tags = self.hop.documents().filter();
        if !self.hop.to_parent {
            tags.extend(self.hop.tag());
        }
        tags
    }

    fn at_path(&self, field: &'static str) -> Cow<'static, str> {
        if self.at.is_empty() { field.into() } else { format!("{}.{field}", self.at).into() }
    }
}

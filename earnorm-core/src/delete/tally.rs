//! What a delete comes to, in numbers.

use std::fmt;

use heck::ToSnakeCase;
use pluralizer::pluralize;
use serde::Serialize;

/// What happens to the documents of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Affected {
    /// The model.
    pub model: &'static str,
    /// How many of its documents are deleted; of a join model, those that are deleted as documents of their own.
    pub deleted: u64,
    /// How many links between two documents are removed: documents of a join model, ids in an array.
    pub links: u64,
    /// How many of its documents stay, with an emptied key.
    pub unlinked: u64,
}

/// The numbers of a plan or a report, in the order in which the models were reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally(pub(super) Vec<Affected>);

impl Tally {
    pub(super) fn of(&mut self, model: &'static str) -> &mut Affected {
        let place = self.0.iter().position(|affected| affected.model == model).unwrap_or_else(|| {
            self.0.push(Affected { model, deleted: 0, links: 0, unlinked: 0 });
            self.0.len() - 1
        });
        &mut self.0[place]
    }

    pub(super) fn clear(&mut self) {
        for affected in &mut self.0 {
            *affected = Affected { model: affected.model, deleted: 0, links: 0, unlinked: 0 };
        }
    }

    pub(super) fn without_zeros(mut self) -> Self {
        self.0.retain(|affected| affected.deleted + affected.links + affected.unlinked > 0);
        self
    }

    pub(super) fn sum(&self, of: impl Fn(&Affected) -> u64) -> u64 {
        self.0.iter().map(of).sum()
    }

    pub(super) fn model(&self, model: &str) -> Option<&Affected> {
        self.0.iter().find(|affected| affected.model == model)
    }
}

/// The numbers that a plan and a report have in common.
macro_rules! numbers {
    ($whose:ident) => {
        impl $whose {
            /// How many documents are deleted, links left out.
            pub fn deleted(&self) -> u64 {
                self.tally.sum(|affected| affected.deleted)
            }

            /// How many documents of one model are deleted.
            pub fn deleted_of<M: $crate::Model>(&self) -> u64 {
                self.tally.model(M::METADATA.name).map_or(0, |affected| affected.deleted)
            }

            /// How many links between two documents are removed: documents of join models, ids in arrays.
            pub fn links(&self) -> u64 {
                self.tally.sum(|affected| affected.links)
            }

            /// How many keys are emptied, of documents that stay.
            pub fn unlinked(&self) -> u64 {
                self.tally.sum(|affected| affected.unlinked)
            }

            /// The numbers of each model.
            pub fn affected(&self) -> &[$crate::Affected] {
                &self.tally.0
            }
        }
    };
}
pub(super) use numbers;

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |of: fn(&Affected) -> u64| {
            let some =
                self.0.iter().map(move |affected| (of(affected), affected.model)).filter(|(count, _)| *count > 0);
            some.map(|(count, model)| counted(count, model)).collect::<Vec<_>>()
        };
        let deleted = each(|affected| affected.deleted);
        let mut parts = Vec::new();
        if !deleted.is_empty() {
            parts.push(format!("{} deleted", deleted.join(", ")));
        }
        match self.sum(|affected| affected.links) {
            0 => {}
            links => parts.push(format!("{} removed", counted(links, "link"))),
        }
        let unlinked = each(|affected| affected.unlinked);
        if !unlinked.is_empty() {
            parts.push(format!("{} unlinked", unlinked.join(", ")));
        }
        f.write_str(&if parts.is_empty() { "nothing deleted".to_owned() } else { parts.join("; ") })
    }
}

/// `1 user`, `21 blog posts`.
pub(crate) fn counted(count: u64, model: &str) -> String {
    let words = model.to_snake_case().replace('_', " ");
    let number = isize::try_from(count).unwrap_or(isize::MAX);
    let (head, last) = words.rsplit_once(' ').map_or(("", words.as_str()), |(head, last)| (head, last));
    let last = pluralize(last, number, false);
    let gap = if head.is_empty() { "" } else { " " };
    format!("{count} {head}{gap}{last}")
}

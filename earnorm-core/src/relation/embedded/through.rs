//! Keys at the end of a path through embedded documents.

use mongodb::bson::{Bson, RawDocument};

use crate::bson::EncodeError;
use crate::embedded::{EmbeddedPath, Joined, Record, check_length};
use crate::relation::key::{ForeignKey, ForeignKeys, Key, Keys};
use crate::relation::stored::{id_of, ids_in, key_of, parent_of};
use crate::relation::{Nullable, RefersTo};
use crate::schema::{AnyField, KeyPath, OnDelete, Stored, fail, str_eq};
use crate::{Field, Model};

/// The field `K` of the embedded documents at the path `A`, as a key of the model that holds them.
#[doc(hidden)]
pub struct Through<A: EmbeddedPath, K: 'static> {
    field: Field<A::Record, K>,
    name: Joined,
    pattern: Joined,
}

impl<M: 'static, K: 'static> Field<M, K> {
    #[doc(hidden)]
    pub const fn through<A: EmbeddedPath<Record = M>>(self) -> Through<A, K> {
        Through {
            name: Joined::path(A::NAME, self.name()),
            pattern: Joined::path(A::PATTERN, self.name()),
            field: self,
        }
    }
}

impl<A: EmbeddedPath, K: 'static> Through<A, K> {
    const fn path(&'static self) -> KeyPath {
        KeyPath { pattern: self.pattern.as_str(), is_array: false }
    }

    /// Whether a reference can be removed: the key can be null, or the rule `pull` removes it with its element. Both are
    /// read from the table of the embedded document.
    const fn can_unlink(&self) -> bool {
        let record = <A::Record as Record>::TABLE;
        let key = self.field.name();
        if matches!(record.field(key), Some(field) if field.nullable) {
            return true;
        }
        let mut next = 0;
        while next < record.relations.len() {
            let relation = record.relations[next];
            if str_eq(relation.foreign_key, key) && matches!(relation.config.on_delete, OnDelete::Pull) {
                return true;
            }
            next += 1;
        }
        false
    }
}

impl<A: EmbeddedPath<Holder: Model>, K: 'static> Through<A, K> {
    /// One key in each document: no array is on the path.
    #[track_caller]
    pub const fn key<P: Model>(&'static self) -> Key<P, A::Holder>
    where
        K: RefersTo<P::Id>,
    {
        check_length(self.pattern.as_str());
        Key {
            name: self.name.as_str(),
            path: self.path(),
            tag: None,
            nullable: Some(self.can_unlink()),
            field: self,
            parent: P::metadata,
            child: <A::Holder as Model>::metadata,
            stored: self.stored::<P>(),
        }
    }

    /// The same for a key that must be able to be null.
    #[track_caller]
    pub const fn nullable_key<P: Model>(&'static self) -> Key<P, A::Holder>
    where
        K: RefersTo<P::Id> + Nullable,
    {
        self.key()
    }

    /// Many keys in each document: an array is on the path.
    #[track_caller]
    pub const fn keys<P: Model>(&'static self) -> Keys<P, A::Holder>
    where
        K: RefersTo<P::Id>,
    {
        check_length(self.pattern.as_str());
        Keys {
            name: self.name.as_str(),
            path: self.path(),
            tag: None,
            nullable: Some(self.can_unlink()),
            field: self,
            parent: P::metadata,
            child: <A::Holder as Model>::metadata,
            stored: self.stored::<P>(),
        }
    }

    /// The same for keys that must be able to be null.
    #[track_caller]
    pub const fn nullable_keys<P: Model>(&'static self) -> Keys<P, A::Holder>
    where
        K: RefersTo<P::Id> + Nullable,
    {
        self.keys()
    }

    const fn stored<P: Model>(&'static self) -> Stored
    where
        K: RefersTo<P::Id>,
    {
        Stored {
            alike: P::ID.is_plain() && self.field.is_plain(),
            field: self,
            to_key: |key, id| stored_key::<P, A, K>(key, &id_of::<P>(id)?),
            to_id: |key, stored| parent_of::<P>(stored, |id| stored_key::<P, A, K>(key, id)),
            ids_in: |key, child| ids_in::<P, A::Holder>(child, |child| ids_through::<P, A, K>(key, child)),
            ids_of: |key, child| {
                let ids = child.downcast_ref::<A::Holder>().map(|child| ids_through::<P, A, K>(key, child));
                crate::relation::stored::encode_ids::<P, A::Holder>(&ids.unwrap_or_default())
            },
            key_of: |key, parent: &RawDocument| key_of::<P>(parent, |id| stored_key::<P, A, K>(key, id)),
        }
    }
}

/// Fails to compile if a path of `fk` leads through an array.
#[doc(hidden)]
#[track_caller]
pub const fn one_key<A: EmbeddedPath>(key: &str) {
    if A::MULTIPLE {
        fail(&[
            "`",
            A::HOLDER,
            "::",
            A::FIELDS,
            "` is an array, so a document can have many keys `",
            key,
            "`; write `many_to_many` with `target_ids` in place of `fk`",
        ]);
    }
}

/// Fails to compile if a path of `target_ids` leads through no array.
#[doc(hidden)]
#[track_caller]
pub const fn many_keys<A: EmbeddedPath>(key: &str) {
    if !A::MULTIPLE {
        fail(&[
            "`",
            A::HOLDER,
            "::",
            A::FIELDS,
            "` is not an array, so a document has one key `",
            key,
            "`; write `one_to_many` or `one_to_one`, with `fk` in place of `target_ids`",
        ]);
    }
}

fn ids_through<P: Model, A: EmbeddedPath, K: RefersTo<P::Id> + 'static>(
    key: AnyField,
    child: &A::Holder,
) -> Vec<P::Id> {
    key.downcast_ref::<Through<A, K>>().map(|key| ForeignKeys::<P, A::Holder>::of_child(key, child)).unwrap_or_default()
}

fn stored_key<P: Model, A: EmbeddedPath, K: RefersTo<P::Id> + 'static>(key: AnyField, id: &P::Id) -> Option<Bson> {
    key.downcast_ref::<Through<A, K>>()?.field.encode(&K::from_id(id)?).ok()
}

impl<P: Model, A: EmbeddedPath, K: RefersTo<P::Id> + 'static> ForeignKeys<P, A::Holder> for Through<A, K> {
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        K::from_id(id).map_or(Ok(Bson::Null), |key| self.field.encode(&key))
    }

    fn of_child(&self, child: &A::Holder) -> Vec<P::Id> {
        let mut ids = Vec::new();
        A::visit(child, &mut |record| ids.extend(self.field.get(record).to_id()));
        ids
    }

    fn ids_of(&self, child: &A::Holder) -> Result<Vec<Bson>, EncodeError> {
        ForeignKeys::<P, A::Holder>::of_child(self, child).iter().map(|id| P::ID.encode(id)).collect()
    }
}

impl<P: Model, A: EmbeddedPath, K: RefersTo<P::Id> + 'static> ForeignKey<P, A::Holder> for Through<A, K> {
    fn of_parent(&self, id: &P::Id) -> Result<Bson, EncodeError> {
        ForeignKeys::<P, A::Holder>::of_parent(self, id)
    }

    fn of_child(&self, child: &A::Holder) -> Option<P::Id> {
        ForeignKeys::<P, A::Holder>::of_child(self, child).into_iter().next()
    }

    fn id_of(&self, child: &A::Holder) -> Result<Bson, EncodeError> {
        ForeignKey::<P, A::Holder>::of_child(self, child).map_or(Ok(Bson::Null), |id| P::ID.encode(&id))
    }

    fn set(&self, child: &mut A::Holder, id: &P::Id) -> bool {
        let mut is_set = false;
        A::visit_mut(child, &mut |record| {
            if let Some(key) = K::from_id(id) {
                *self.field.get_mut(record) = key;
                is_set = true;
            }
        });
        is_set
    }
}

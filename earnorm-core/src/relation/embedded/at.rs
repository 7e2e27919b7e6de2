//! A relation of an embedded document, as a relation of the model that holds it.

use std::any::Any;
use std::marker::PhantomData;

use mongodb::bson::{Bson, RawDocument};

use crate::Result;
use crate::embedded::{EmbeddedPath, Joined};
use crate::relation::Relation;
use crate::schema::{AnyField, KeyPath, KeyTag, RelationKind, RelationMetadata};
use crate::store::decode;

/// The relation `R` of the embedded documents at the path `A`, as a relation of the model that holds them.
#[doc(hidden)]
pub(in crate::relation) struct RelationAt<A, R>(PhantomData<fn() -> (A, R)>);

impl<A: EmbeddedPath, R: Relation<Source = A::Record>> RelationAt<A, R> {
    const NAME: &'static Joined = &Joined::path(A::FIELDS, R::META.name);
    const KEY: &'static Joined = &Joined::path(A::NAME, R::META.foreign_key);
    const PATTERN: &'static Joined = &Joined::path(A::PATTERN, R::META.path.pattern);

    pub(in crate::relation) const META: &'static RelationMetadata = &RelationMetadata {
        name: Self::NAME.as_str(),
        kind: if A::MULTIPLE { RelationKind::ManyToMany } else { R::META.kind },
        foreign_key: Self::KEY.as_str(),
        path: KeyPath { pattern: Self::PATTERN.as_str(), ..R::META.path },
        tag: Self::tag(),
        stored: R::META.stored.with_ids_in(Self::ids_in),
        ..*R::META
    };

    const TAG: &'static Joined = &Joined::path(A::NAME, R::META.tag_names().0);
    const TAG_PATTERN: &'static Joined = &Joined::path(A::PATTERN, R::META.tag_names().0);
    const WHOLE: &'static Joined = &Joined::path(A::NAME, R::META.tag_names().1);

    /// The tag beside the key.
    const fn tag() -> Option<KeyTag> {
        match R::META.tag {
            None => None,
            Some(tag) => Some(KeyTag {
                field: Self::TAG.as_str(),
                pattern: Self::TAG_PATTERN.as_str(),
                whole: if tag.whole.is_some() { Some(Self::WHOLE.as_str()) } else { None },
                ..tag
            }),
        }
    }

    fn ids_in(_: AnyField, document: &RawDocument) -> Result<Vec<Bson>> {
        let holder = decode::<A::Holder>(document)?;
        let mut ids = Ok(Vec::new());
        A::visit(&holder, &mut |record| {
            if let Ok(list) = &mut ids {
                match R::META.stored.ids_of(record as &dyn Any) {
                    Ok(more) => list.extend(more),
                    Err(error) => ids = Err(error),
                }
            }
        });
        ids
    }
}

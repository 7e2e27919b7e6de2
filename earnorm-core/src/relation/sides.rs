//! `back_populates`: whether two relations are the two sides of one.

use super::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne, Relation};
use crate::Model;
use crate::schema::{KeyHolder, RelationKind, RelationMetadata, same};

/// A relation from `S` back to `T`.
#[diagnostic::on_unimplemented(
    message = "`back_populates` must name a relation from `{T}` to `{S}`",
    label = "this is not a relation from `{T}` to `{S}`"
)]
pub trait PointsBack<S, T> {
    #[doc(hidden)]
    const META: &'static RelationMetadata;
}

macro_rules! points_back {
    ($($kind:ident $(<$join:ident>)?)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Model, T: Model, R: Relation<Source = T> $(, $join: Model)?> PointsBack<S, T>
            for $kind<T, S, R $(, $join)?>
        {
            const META: &'static RelationMetadata = R::META;
        }
    )* };
}
points_back!(OneToOne OneToMany ManyToOne ManyToMany<J> ManyToManyByIds ManyToManyInIds);

/// What to say when two sides disagree; the derive writes it, since only there both names are at hand.
#[doc(hidden)]
pub struct Sentences {
    pub kind: &'static str,
    pub key: &'static str,
    pub back: &'static str,
}

/// Fails to compile where `other` is not the other side of `mine`.
#[doc(hidden)]
#[track_caller]
pub const fn check_sides<S: Model, T: Model, B: PointsBack<S, T>>(
    _other: &B,
    mine: &RelationMetadata,
    say: &Sentences,
) {
    let other = B::META;
    let kinds_match = matches!(
        (mine.kind, other.kind),
        (RelationKind::OneToMany, RelationKind::ManyToOne)
            | (RelationKind::ManyToOne, RelationKind::OneToMany)
            | (RelationKind::OneToOne, RelationKind::OneToOne)
            | (RelationKind::ManyToMany, RelationKind::ManyToMany)
    );
    assert!(kinds_match, "{}", say.kind);
    assert!(same_key(mine, other), "{}", say.key);
    if let Some(back) = other.config.back_populates {
        assert!(same(back, mine.name), "{}", say.back);
    }
}

/// The key of one side is that of the other, held by the same model.
const fn same_key(mine: &RelationMetadata, other: &RelationMetadata) -> bool {
    match (mine.holder, &mine.through, other.holder, &other.through) {
        (KeyHolder::Source, None, KeyHolder::Target, None)
        | (KeyHolder::Target, None, KeyHolder::Source, None) => {
            same(mine.foreign_key, other.foreign_key)
        }
        (KeyHolder::Through, Some(a), KeyHolder::Through, Some(b)) => {
            same(mine.foreign_key, b.target_key) && same(a.target_key, other.foreign_key)
        }
        _ => false,
    }
}

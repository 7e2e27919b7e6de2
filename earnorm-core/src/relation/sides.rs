//! Checks for `back_populates`: the two relations must be the two sides of one.

use crate::schema::{ModelMetadata, RelationMetadata, fail, str_eq};

/// A relation from `S` back to `T`.
#[diagnostic::on_unimplemented(
    message = "`back_populates` must name a relation from `{T}` to `{S}`",
    label = "this is not a relation from `{T}` to `{S}`"
)]
pub trait PointsBack<S, T> {
    #[doc(hidden)]
    const META: &'static RelationMetadata;
    /// The join model, if there is one.
    #[doc(hidden)]
    const JOIN: &'static [&'static ModelMetadata];
}

/// Fails to compile if two relations are not the two sides of one. Each relation comes with its name as users write
/// it, and with its join model if it has one.
#[track_caller]
pub(crate) const fn check_sides(
    (mine, mine_is): (&RelationMetadata, &str),
    (other, other_is): (&RelationMetadata, &str),
    join: &[&ModelMetadata],
    other_join: &[&ModelMetadata],
) {
    let mutual = matches!(other.config.back_populates, Some(back) if str_eq(back, mine.name));
    // if each side names the other, only one of them reports a mistake that concerns both
    if mine.is_unknown() || other.is_unknown() || mutual && precedes(other_is, mine_is) {
        return;
    }
    let (kind, other_kind) = (mine.kind.word(), mine.kind.reverse().word());
    if !str_eq(other.kind.word(), other_kind) {
        fail(&[
            "`",
            other_is,
            "` can't be the other side of `",
            mine_is,
            "`; the other side of a `",
            kind,
            "` is a `",
            other_kind,
            "`",
        ]);
    }
    if let ([join], [other_join]) = (join, other_join)
        && !str_eq(join.collection, other_join.collection)
    {
        let (join, other_join) = (join.name, other_join.name);
        fail(&["`", other_is, "` goes through `", other_join, "` and `", mine_is, "` through `", join, "`; keep one"]);
    }
    if !mine.is_reverse_of(other) {
        fail(&["`", other_is, "` and `", mine_is, "` don't go by the same key; name the relation that does"]);
    }
    let (rule, other_rule) = (mine.config, other.config);
    if rule.on_delete_written && other_rule.on_delete_written && rule.on_delete as u8 != other_rule.on_delete as u8 {
        let (rule, other_rule) = (rule.on_delete.word(), other_rule.on_delete.word());
        fail(&["`", mine_is, "` says `", rule, "` and `", other_is, "` says `", other_rule, "` for one key; keep one"]);
    }
    if let (Some(back), false) = (other.config.back_populates, mutual) {
        fail(&["`", other_is, "` points back to `", back, "`; write `back_populates = \"", mine.name, "\"` on it"]);
    }
}

/// `a < b`, because a `const fn` can't call the operator.
const fn precedes(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    if i < a.len() && i < b.len() { a[i] < b[i] } else { a.len() < b.len() }
}

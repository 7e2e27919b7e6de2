/// Which existing indexes [`sync_indexes`](crate::sync_indexes()) drops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drop {
    /// None. The report lists those that `Superseded` would drop.
    #[default]
    Nothing,
    /// The indexes that others have replaced:
    /// * an index without options that begins with the fields of another one, if EarnORM would have made it, or if a declared
    ///   index replaces it
    /// * a unique index of an earlier version of EarnORM
    ///
    /// All others are kept: unique, partial and other special indexes of your own, and indexes on fields that no model
    /// declares.
    Superseded,
}

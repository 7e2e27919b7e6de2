use crate::{Model, Update};

/// A write of a bulk.
pub(super) enum Write<M: Model> {
    Insert(M),
    Save(M),
    Update(M::Id, Update<M>),
    Delete(M::Id),
}

use super::ModelMetadata;

/// A model that the program names, handed in by its derive when the program is linked.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registration(pub &'static ModelMetadata);

inventory::collect!(Registration);

/// Every linked model.
pub(crate) fn models() -> impl Iterator<Item = &'static ModelMetadata> {
    inventory::iter::<Registration>().map(|r| r.0)
}

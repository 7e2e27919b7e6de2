use std::sync::LazyLock;

use super::ModelMetadata;

/// A model that the program names, handed in by its derive when the program is linked.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registration(pub &'static ModelMetadata);

inventory::collect!(Registration);

/// Every linked model, by module and name. The linker has an order of its own, which may differ from build to build: where
/// several structs read one collection, the same one has to come first each time.
pub(crate) fn models() -> impl Iterator<Item = &'static ModelMetadata> {
    static ALL: LazyLock<Vec<&'static ModelMetadata>> = LazyLock::new(|| {
        let mut all: Vec<_> = inventory::iter::<Registration>().map(|registration| registration.0).collect();
        all.sort_by_key(|model| (model.module, model.name));
        all
    });
    ALL.iter().copied()
}

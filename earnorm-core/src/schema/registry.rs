use std::sync::LazyLock;

use super::ModelMetadata;

/// A linked model, registered by its derive.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registration(pub &'static ModelMetadata);

inventory::collect!(Registration);

/// All linked models, sorted by module and name. The linker's order may differ between builds, and the order matters if
/// several structs read one collection.
pub(crate) fn models() -> impl Iterator<Item = &'static ModelMetadata> {
    static ALL: LazyLock<Vec<&'static ModelMetadata>> = LazyLock::new(|| {
        let mut all: Vec<_> = inventory::iter::<Registration>().map(|registration| registration.0).collect();
        all.sort_by_key(|model| (model.module, model.name));
        all
    });
    ALL.iter().copied()
}

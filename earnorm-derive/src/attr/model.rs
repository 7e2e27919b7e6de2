use darling::FromMeta;
use darling::util::Flag;

use super::options::{Options, Receiver};
use super::value::{Collection, FieldName, PathValue};

/// `#[model(..)]`, on the struct.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct ModelAttr {
    /// The collection. Default: the plural of the struct's name in `snake_case`.
    pub(crate) collection: Option<Collection>,
    /// The path of the crate `earnorm`. Default: `::earnorm`.
    #[darling(rename = "crate")]
    pub(crate) krate: Option<PathValue>,
    /// The model implements `Hooks`.
    pub(crate) hooks: Flag,
    /// Plain writes check that the documents exist which they refer to.
    pub(crate) check_references: Flag,
    /// The field of this struct that checked writes of children increment.
    pub(crate) guard: Option<FieldName>,
}

impl Receiver for ModelAttr {
    const OPTIONS: Options = Options {
        attribute: "model",
        usage: r#"collection = "users"; crate = crate::orm; hooks; check_references; guard = "_rev""#,
    };
}

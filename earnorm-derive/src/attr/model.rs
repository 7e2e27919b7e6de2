use darling::FromMeta;
use darling::util::Flag;

use super::items::{Options, Receiver};
use super::value::{Collection, FieldName, PathValue};

/// `#[model(..)]`, on the struct.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct ModelAttr {
    /// Where the documents are. Default: the plural of the struct's name in `snake_case`.
    pub(crate) collection: Option<Collection>,
    /// The path of the `earnorm` crate, where it isn't `::earnorm`.
    #[darling(rename = "crate")]
    pub(crate) krate: Option<PathValue>,
    /// The model implements `Hooks`.
    pub(crate) hooks: Flag,
    /// Plain writes check that what they refer to is there.
    pub(crate) check_references: Flag,
    /// The counter that checked writes of children increment: a field of this struct.
    pub(crate) guard: Option<FieldName>,
}

impl Receiver for ModelAttr {
    const OPTIONS: Options = Options {
        attribute: "model",
        usage: r#"collection = "users"; crate = crate::orm; hooks; check_references; guard = "_rev""#,
    };
}

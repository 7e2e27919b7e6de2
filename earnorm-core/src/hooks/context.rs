use std::fmt;

use crate::error::RelationName;
use crate::store::{Exec, Executor, Sealed};

/// The executor of a hook's commands, and the reason why the hook runs.
///
/// A `&HookContext` is accepted wherever a `&Database` or a `&Transaction` is.
///
/// To pass other values to a hook, such as the current user, use `tokio::task_local!`: a hook runs in the task of its call.
///
/// ```
/// use earnorm::Cause;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[model(hooks)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Removed { #[serde(rename = "_id")] id: ObjectId, why: String }
/// impl Hooks for Post {
///     async fn after_delete(&self, cx: &HookContext<'_>) -> earnorm::Result<()> {
///         let why = match cx.cause() {
///             Cause::Relation { model, relation } => format!("with its {model}, by `{relation}`"),
///             _ => "directly".to_owned(),
///         };
///         Removed { id: self.id, why }.insert(cx).await?;
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct HookContext<'e> {
    exec: Exec<'e>,
    cause: Cause,
}

/// Why a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The document itself was saved or deleted.
    Direct,
    /// A delete rule deletes the document, because it refers to a deleted document.
    Relation {
        /// The model that declares the relation.
        model: &'static str,
        /// The relation with the rule.
        relation: &'static str,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Relation { model, relation } => write!(f, "through `{model}::{relation}`"),
        }
    }
}

impl<'e> HookContext<'e> {
    pub(crate) fn new(exec: Exec<'e>, via: Option<RelationName>) -> Self {
        let cause = via.map_or(Cause::Direct, |RelationName { model, relation }| Cause::Relation { model, relation });
        Self { exec, cause }
    }

    /// Why the hook runs: because of a call on the document, or because of a relation's delete rule.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The database or the transaction of the call that runs the hook.
    pub fn executor(&self) -> Exec<'e> {
        self.exec
    }
}

impl Sealed for &HookContext<'_> {}

#[diagnostic::do_not_recommend]
impl<'e> Executor<'e> for &'e HookContext<'_> {
    fn executor(self) -> Exec<'e> {
        self.exec
    }
}

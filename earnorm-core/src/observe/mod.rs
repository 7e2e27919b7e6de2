//! What calls send: counts for [`observe`], spans for the feature `tracing`.
//!
//! Each public call is a [`Call`], which runs its future in a [`Context`]. The modules that talk to the driver report every
//! command and every reply to the context of the current task. Without a scope and without a subscriber there is no
//! context, and a report is one look at a task-local.

mod call;
mod command;
mod context;
mod explain;
mod n_plus_one;
mod plan;
mod scope;
mod seen;
mod source;
mod trace;

pub(crate) use call::{Call, Progress};
pub(crate) use command::Command;
pub(crate) use context::{carry, received};
pub use explain::{Access, ExplainedCommand, Explanation, Shards};
pub(crate) use explain::{Explained, explained, wants_explanation};
pub use n_plus_one::NPlusOne;
pub use scope::observe;
pub use seen::{CallSite, Seen};
pub(crate) use source::Source;
#[cfg(feature = "tracing")]
pub use trace::trace_values;

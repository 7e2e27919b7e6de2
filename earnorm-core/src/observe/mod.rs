//! What calls send: counts for [`observe`], spans for the feature `tracing`, and explanations.
//!
//! Each public call is a [`Call`], which runs its future in a context of the task. The modules that talk to the driver
//! report every command and every reply to it. A task without a scope and without a subscriber has no context, and a report
//! is one look at a task-local.

mod access;
mod call;
mod call_site;
mod command;
mod context;
mod explain;
mod n_plus_one;
mod observing;
mod plan;
mod progress;
mod report;
mod running;
mod scope;
mod seen;
mod source;
mod trace;
mod values;

pub use access::{Access, Shards};
pub(crate) use call::Call;
pub use call_site::CallSite;
pub(crate) use command::Command;
pub(crate) use context::carry;
pub(crate) use explain::Explained;
pub use explain::{ExplainedCommand, Explanation};
pub use n_plus_one::NPlusOne;
pub use observing::observe;
pub(crate) use observing::{explained, wants_explanation};
pub(crate) use progress::Progress;
pub(crate) use report::received;
pub use seen::Seen;
pub(crate) use source::Source;
#[cfg(feature = "tracing")]
pub use values::trace_values;

//! Spans of the feature `tracing`.

#[cfg(feature = "tracing")]
mod on {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::call::Call;
    use super::super::command::Command;

    /// The span of a call, and its counts.
    pub(in super::super) struct Span {
        of_call: tracing::Span,
        commands: AtomicU64,
        documents: AtomicU64,
    }

    impl Span {
        pub(in super::super) fn new(call: &Call) -> Self {
            let span = tracing::info_span!(
                target: "earnorm",
                "earnorm.query",
                model = call.model,
                relation = call.relation,
                operation = call.operation,
                commands = tracing::field::Empty,
                documents = tracing::field::Empty,
            );
            Self { of_call: span, commands: AtomicU64::new(0), documents: AtomicU64::new(0) }
        }

        pub(in super::super) fn is_disabled(&self) -> bool {
            self.of_call.is_disabled()
        }

        pub(in super::super) fn enter(&self) -> impl Drop + '_ {
            self.of_call.enter()
        }

        pub(in super::super) fn count(&self, commands: u64, documents: u64) {
            self.commands.fetch_add(commands, Ordering::Relaxed);
            self.documents.fetch_add(documents, Ordering::Relaxed);
        }

        /// An event for a command.
        pub(in super::super) fn command(&self, command: &Command<'_>) {
            let Command { name, collection, filter } = command;
            let filter = filter.as_deref();
            tracing::debug!(target: "earnorm", parent: &self.of_call, command = name, collection, filter);
        }
    }

    impl Drop for Span {
        fn drop(&mut self) {
            // subscribers only expect the final numbers
            self.of_call.record("commands", self.commands.load(Ordering::Relaxed));
            self.of_call.record("documents", self.documents.load(Ordering::Relaxed));
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use super::super::call::Call;
    use super::super::command::Command;

    /// Nothing, without the feature `tracing`.
    pub(in super::super) struct Span;

    #[allow(clippy::unused_self, reason = "the same methods as with the feature")]
    impl Span {
        pub(in super::super) fn new(_: &Call) -> Self {
            Self
        }

        pub(in super::super) fn is_disabled(&self) -> bool {
            true
        }

        pub(in super::super) fn enter(&self) {}

        pub(in super::super) fn count(&self, _: u64, _: u64) {}

        pub(in super::super) fn command(&self, _: &Command<'_>) {}
    }
}

#[cfg(not(feature = "tracing"))]
pub(super) use off::Span;
#[cfg(feature = "tracing")]
pub(super) use on::Span;

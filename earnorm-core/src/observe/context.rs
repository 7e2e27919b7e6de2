//! The context of the current task: who counts what it sends.

use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::command::Command;
use super::explain::Explained;
use super::scope::{Entry, Scope};
use super::trace::Span;

tokio::task_local! {
    static CONTEXT: Context;
}

/// Who counts what the current task sends.
#[derive(Clone, Default)]
pub(super) struct Context {
    /// The innermost [`observe`](crate::observe()).
    pub(super) scope: Option<Arc<Scope>>,
    /// The call that sends it.
    pub(super) call: Option<Arc<Observers>>,
    /// Who wants the commands to be explained.
    pub(super) explained: Option<Arc<Explained>>,
}

/// Those who observe a call: an entry in each scope, and the span.
pub(super) struct Observers {
    entries: Vec<(Arc<Scope>, Entry)>,
    span: Span,
}

impl Context {
    /// The context of a call that begins. `None` if nobody observes it, or if it is a part of another call.
    pub(super) fn begin(call: &Call) -> Option<Self> {
        let outer = current();
        if outer.call.is_some() {
            return None;
        }
        let span = Span::new(call);
        if outer.scope.is_none() && span.is_disabled() {
            return None;
        }
        let mut entries = Vec::new();
        let mut next = outer.scope.clone();
        while let Some(scope) = next {
            let entry = scope.begin(call);
            next = scope.outer().cloned();
            entries.push((scope, entry));
        }
        Some(Self { call: Some(Arc::new(Observers { entries, span })), ..outer })
    }

    /// The context of the current task within one more scope. Calls in it are not a part of another call.
    pub(super) fn within(scope: Arc<Scope>) -> Self {
        Self { scope: Some(scope), call: None, ..current() }
    }

    /// Calls `poll` in this context.
    pub(super) fn enter<T>(&self, poll: impl FnOnce() -> T) -> T {
        let _entered = self.call.as_ref().map(|call| call.span.enter());
        CONTEXT.sync_scope(self.clone(), poll)
    }

    /// Runs a future in this context.
    pub(super) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CONTEXT.scope(self, future)
    }

    /// The call has run for this time.
    pub(super) fn took(&self, time: Duration) {
        for (scope, entry) in self.call.iter().flat_map(|call| &call.entries) {
            scope.took(*entry, time);
        }
    }

    /// A command with these numbers, and an event for it.
    pub(super) fn sent(&self, command: &Command<'_>, commands: u64, documents: u64, bytes: u64) {
        self.count(commands, documents, bytes);
        if let Some(call) = &self.call {
            call.span.command(command);
        }
    }

    pub(super) fn count(&self, commands: u64, documents: u64, bytes: u64) {
        if let Some(call) = &self.call {
            for (scope, entry) in &call.entries {
                scope.count(Some(*entry), commands, documents, bytes);
            }
            call.span.count(commands, documents);
            return;
        }
        let mut next = self.scope.as_ref();
        while let Some(scope) = next {
            scope.count(None, commands, documents, bytes);
            next = scope.outer();
        }
    }
}

/// Calls `report` if somebody observes the current task.
pub(super) fn report(report: impl FnOnce(&Context)) {
    let _ = CONTEXT.try_with(report);
}

/// Runs a future that is moved to another task in the context of this one.
pub(crate) fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    let context = CONTEXT.try_with(Context::clone).ok();
    async move {
        match context {
            Some(context) => CONTEXT.scope(context, future).await,
            None => future.await,
        }
    }
}

/// The context of the current task. It is empty if nobody observes it.
pub(super) fn current() -> Context {
    CONTEXT.try_with(Context::clone).unwrap_or_default()
}

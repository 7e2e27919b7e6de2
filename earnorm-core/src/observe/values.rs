//! Whether values are traced.

use std::sync::atomic::{AtomicBool, Ordering};

static VALUES: AtomicBool = AtomicBool::new(false);

/// Whether events contain the filters of commands.
pub(super) fn has_values() -> bool {
    VALUES.load(Ordering::Relaxed)
}

/// Whether the events of commands contain their filters and pipelines.
///
/// Without it, spans and events only have names and numbers, because values may be personal data. It applies to the whole
/// program, and sends no command. It exists with the feature `tracing`.
///
/// ```
/// earnorm::trace_values(cfg!(debug_assertions));
/// ```
#[cfg(feature = "tracing")]
pub fn trace_values(on: bool) {
    VALUES.store(on, Ordering::Relaxed);
}

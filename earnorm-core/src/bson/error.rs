//! Values that BSON can't hold.

use std::fmt;

/// Why a value could not be written as BSON, in a form that can wait inside a query until it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    message: String,
    /// The call is at fault, and not one of its values.
    misuse: bool,
}

impl EncodeError {
    /// Of a value that can't be written.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), misuse: false }
    }

    /// Of a call that no value would mend.
    pub(crate) fn misuse(message: impl fmt::Display) -> Self {
        Self { misuse: true, ..Self::new(message) }
    }

    pub(crate) fn is_misuse(&self) -> bool {
        self.misuse
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EncodeError {}

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

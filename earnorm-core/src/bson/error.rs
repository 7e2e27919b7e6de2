//! The error of values that can't be encoded.

use std::fmt;

/// Why a value can't be written as BSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    message: String,
    /// The program is wrong, whatever the value is.
    misuse: bool,
}

impl EncodeError {
    /// The error of a value that can't be encoded.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), misuse: false }
    }

    /// The error of a call that fails with every value.
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

/// An error of any type.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

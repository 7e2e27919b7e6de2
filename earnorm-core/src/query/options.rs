//! The options of a query.

use std::time::Duration;

use mongodb::bson::Bson;
use mongodb::options::{Collation, Hint};

use crate::plan::Strategy;

/// Options of a query: those that are passed to the driver, and the strategy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) strategy: Strategy,
    pub(crate) collation: Option<Collation>,
    pub(crate) hint: Option<Hint>,
    pub(crate) comment: Option<Bson>,
    pub(crate) max_time: Option<Duration>,
}

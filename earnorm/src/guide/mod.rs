//! The guide: what takes more than the documentation of one call. A module for each topic; none has any code.
//!
//! | topic | for |
//! |---|---|
//! | [`migrating`] | collections that are there already: types, unknown fields, documents that don't decode, index conflicts |
//! | [`crates`] | models in several crates and services: which rules a program knows |
//! | [`errors`] | which variants to match on, errors of your own, what to retry |
//! | [`loading`] | handles, `with`, `load`, `count_by`, `Strategy::Lookup`: which when, and what each costs |
//! | [`performance`] | how commands are counted, indexes, many documents, the benches |
//! | [`clusters`] | single servers, replica sets, sharded clusters |
//! | [`service`] | a web service: routes, errors, transactions, partial updates, deletes that a client confirms |
//! | [`web`] | JSON, pages by an id, what comes in from clients |
//! | [`driver`] | indexes on ordinary fields, projections, group by, upsert, optimistic locking, who acts in a hook |
//! | [`python`] | the words of the Python module that EarnORM follows |

#[doc = include_str!("clusters.md")]
pub mod clusters {}

#[doc = include_str!("crates.md")]
pub mod crates {}

#[doc = include_str!("driver.md")]
pub mod driver {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("loading.md")]
pub mod loading {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("python.md")]
pub mod python {}

#[doc = include_str!("service.md")]
pub mod service {}

#[doc = include_str!("web.md")]
pub mod web {}

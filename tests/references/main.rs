//! References to documents of several models. Posts and photos have equal ids throughout.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::similar_names, reason = "a test and a text")]

mod combined;
mod conditions;
mod deletes;
mod embedded;
mod handles;
mod integrity;
mod layouts;
mod loading;
mod models;
mod property;
mod through;
mod views;

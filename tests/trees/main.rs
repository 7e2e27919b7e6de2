//! Recursive relations: trees and graphs of documents of one model, moves, and the search for cycles.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::similar_names, reason = "a test and a text")]

mod cycles;
mod graphs;
mod kinds;
mod large;
mod loading;
mod models;
mod moving;
mod property;
mod views;

//! A web service to start from: a blog over REST and GraphQL, with [axum](https://docs.rs/axum) and
//! [async-graphql](https://docs.rs/async-graphql).
//!
//! `README.md` beside this package says how to run and call it. The modules, in the order in which to read them:
//!
//! * [`models`]: what is stored, its indexes and delete rules
//! * [`views`]: what is sent, as views of the models
//! * [`error`]: which status and code each failure has
//! * [`pages`]: pages by key, with an opaque cursor
//! * [`extract`]: bodies and ids of requests
//! * [`rest`]: the routes, which load relations with their queries
//! * [`graphql`]: the schema, whose resolvers load relations by a loader for each request
//! * [`service`]: the router, the log of requests, start and shutdown

pub mod config;
pub mod error;
pub mod extract;
pub mod graphql;
pub mod models;
pub mod pages;
pub mod posts;
pub mod rest;
pub mod service;
pub mod state;
pub mod views;

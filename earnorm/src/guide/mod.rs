//! The guide, in reading order. Each page is a module without code. `cargo xtask book` builds the same pages as a book.
//!
//! | page | contents |
//! |---|---|
//! | [`getting_started`] | dependencies, a server, a first program, the version of `bson` |
//! | [`models`] | structs, ids, keys, and how documents are written |
//! | [`queries`] | filters, orders, pages, and the calls that run a query |
//! | [`relations`] | the kinds of relations, handles, conditions on related documents |
//! | [`eager_loading`] | relations of many documents at once: `with`, `load`, `count_by`, strategies |
//! | [`views`] | some fields of a document as a struct, `first`, and `loaded!`, the type of a result |
//! | [`aggregates`] | sums, averages, extremes, groups, and numbers of related documents as conditions and orders |
//! | [`loader`] | relations of single documents, with one command for all that are asked for together |
//! | [`embedded`] | documents inside documents: conditions, changes, relations and delete rules of their keys |
//! | [`references`] | keys that refer to documents of several models |
//! | [`kinds`] | models that share a collection, and the enum over them |
//! | [`trees`] | relations of a model to itself, followed as far as they lead |
//! | [`managed_fields`] | times, versions and counters that EarnORM writes; optimistic locking |
//! | [`graph_inserts`] | a document inserted with what belongs to it |
//! | [`deletes`] | delete rules, plans, deletes that a user confirms, hooks |
//! | [`soft_delete`] | deletes that can be restored |
//! | [`transactions`] | the body, retries, failures, cancellation |
//! | [`integrity`] | checked writes, `scan` and `repair`, the indexes of relations |
//! | [`indexes`] | declared indexes: unique, partial, for text, of documents that expire; what is created and dropped |
//! | [`errors`] | which variants to match on, your own errors, what to retry |
//! | [`testing`] | a database for each test, and the number of commands as a test |
//! | [`observability`] | what a request sends, handles in a loop, spans, plans of the server |
//! | [`service`] | a complete example: routes, errors, transactions, partial updates, confirmed deletes |
//! | [`web`] | structs for the web, pages, and values that clients send |
//! | [`json`] | ids and dates as strings, in replies and requests |
//! | [`performance`] | many documents, measuring, the connection pool |
//! | [`driver`] | groups, upserts, optimistic locking |
//! | [`migrating`] | types, unknown fields, documents that don't decode, index conflicts |
//! | [`crates`] | which models and rules a program knows |
//! | [`clusters`] | standalone servers, replica sets, sharded clusters |
//! | [`python`] | the names of the Python module that EarnORM follows |

/// Where the links between pages lead in this documentation. Each page ends with definitions of the same names, which
/// lead to the files. The book and the repository use those. Of two definitions of a name, Markdown uses the first.
macro_rules! links {
    () => {
        "\
        [getting started]: crate::guide::getting_started\n\
        [models and keys]: crate::guide::models\n\
        [queries]: crate::guide::queries\n\
        [relations]: crate::guide::relations\n\
        [eager loading]: crate::guide::eager_loading\n\
        [views]: crate::guide::views\n\
        [aggregates]: crate::guide::aggregates\n\
        [loading in single places]: crate::guide::loader\n\
        [embedded documents]: crate::guide::embedded\n\
        [references to several models]: crate::guide::references\n\
        [models that share a collection]: crate::guide::kinds\n\
        [trees]: crate::guide::trees\n\
        [managed fields]: crate::guide::managed_fields\n\
        [inserting a graph]: crate::guide::graph_inserts\n\
        [deletes and hooks]: crate::guide::deletes\n\
        [soft delete]: crate::guide::soft_delete\n\
        [transactions]: crate::guide::transactions\n\
        [integrity and indexes]: crate::guide::integrity\n\
        [indexes]: crate::guide::indexes\n\
        [errors]: crate::guide::errors\n\
        [testing]: crate::guide::testing\n\
        [observability]: crate::guide::observability\n\
        [a web service]: crate::guide::service\n\
        [web and json]: crate::guide::web\n\
        [json for the web]: crate::guide::json\n\
        [performance]: crate::guide::performance\n\
        [using the driver]: crate::guide::driver\n\
        [existing collections]: crate::guide::migrating\n\
        [models in several crates and services]: crate::guide::crates\n\
        [replica sets and sharded clusters]: crate::guide::clusters\n\
        [names of the python module]: crate::guide::python\n\
        "
    };
}

#[doc = links!()]
#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = links!()]
#[doc = include_str!("models.md")]
pub mod models {}

#[doc = links!()]
#[doc = include_str!("queries.md")]
pub mod queries {}

#[doc = links!()]
#[doc = include_str!("relations.md")]
pub mod relations {}

#[doc = links!()]
#[doc = include_str!("eager_loading.md")]
pub mod eager_loading {}

#[doc = links!()]
#[doc = include_str!("views.md")]
pub mod views {}

#[doc = links!()]
#[doc = include_str!("aggregates.md")]
pub mod aggregates {}

#[doc = links!()]
#[doc = include_str!("loader.md")]
pub mod loader {}

#[doc = links!()]
#[doc = include_str!("embedded.md")]
pub mod embedded {}

#[doc = links!()]
#[doc = include_str!("references.md")]
pub mod references {}

#[doc = links!()]
#[doc = include_str!("kinds.md")]
pub mod kinds {}

#[doc = links!()]
#[doc = include_str!("trees.md")]
pub mod trees {}

#[doc = links!()]
#[doc = include_str!("managed_fields.md")]
pub mod managed_fields {}

#[doc = links!()]
#[doc = include_str!("graph_inserts.md")]
pub mod graph_inserts {}

#[doc = links!()]
#[doc = include_str!("deletes.md")]
pub mod deletes {}

#[doc = links!()]
#[doc = include_str!("soft_delete.md")]
pub mod soft_delete {}

#[doc = links!()]
#[doc = include_str!("transactions.md")]
pub mod transactions {}

#[doc = links!()]
#[doc = include_str!("integrity.md")]
pub mod integrity {}

#[doc = links!()]
#[doc = include_str!("indexes.md")]
pub mod indexes {}

#[doc = links!()]
#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = links!()]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = links!()]
#[doc = include_str!("observability.md")]
pub mod observability {}

#[doc = links!()]
#[doc = include_str!("service.md")]
pub mod service {}

#[doc = links!()]
#[doc = include_str!("web.md")]
pub mod web {}

#[doc = links!()]
#[doc = include_str!("json.md")]
pub mod json {}

#[doc = links!()]
#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = links!()]
#[doc = include_str!("driver.md")]
pub mod driver {}

#[doc = links!()]
#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = links!()]
#[doc = include_str!("crates.md")]
pub mod crates {}

#[doc = links!()]
#[doc = include_str!("clusters.md")]
pub mod clusters {}

#[doc = links!()]
#[doc = include_str!("python.md")]
pub mod python {}

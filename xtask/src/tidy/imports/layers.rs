//! The layers of each crate, from the bottom to the top.

/// The modules of a crate that its root declares, in layers.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    /// The directory of the crate.
    pub(super) package: &'static str,
    /// The layers, each with the names of its modules.
    pub(super) order: &'static [&'static [&'static str]],
    /// Traits that any module may name: the module and the name of each.
    pub(super) facade: &'static [(&'static str, &'static str)],
}

/// Crates whose modules are models, which refer to each other in both directions.
pub(super) const WITHOUT_LAYERS: [&str; 1] = ["examples"];

/// Every other crate with more than one module. Test binaries have no layers.
pub(super) const LAYERS: &[Layers] = &[
    Layers {
        package: "benches",
        order: &[&["outcome", "polls", "table"], &["models"], &["by_hand"], &["versus"]],
        facade: &[],
    },
    Layers { package: "earnorm", order: &[&["guide", "prelude"]], facade: &[] },
    Layers {
        package: "earnorm-core",
        order: &[
            &["bson", "text"],
            &["error", "json"],
            &["field", "schema"],
            &["embedded"],
            &["observe"],
            &["store"],
            &["relation", "reference", "index", "hooks"],
            &["write"],
            &["plan", "delete"],
            &["query", "integrity"],
            &["run"],
            &["load", "document", "kinds"],
            &["handle"],
            &["loader", "graph"],
            &["model"],
        ],
        facade: &[("model", "Model"), ("embedded", "Record")],
    },
    Layers {
        package: "earnorm-derive",
        order: &[
            &["plural"],
            &["errors", "names"],
            &["attr"],
            &["ir"],
            &["lower"],
            &["check", "expand"],
            &["fallback"],
        ],
        facade: &[],
    },
    Layers {
        package: "earnorm-testkit",
        order: &[&["error", "uri", "log", "janitor"], &["server", "proxy", "assert"], &["db"]],
        facade: &[],
    },
    Layers {
        package: "examples/api",
        order: &[
            &["config", "models"],
            &["error", "views"],
            &["extract", "pages", "posts"],
            &["graphql"],
            &["state"],
            &["rest"],
            &["service"],
        ],
        facade: &[],
    },
    Layers {
        package: "xtask",
        order: &[&["command"], &["files"], &["bench", "book", "chores", "expand", "second", "tidy"], &["ci"]],
        facade: &[],
    },
];

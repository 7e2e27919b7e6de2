//! The layers of each crate, from the bottom to the top.

/// The modules of a crate that its root declares, in layers.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    /// The directory of the crate.
    pub(super) package: &'static str,
    pub(super) order: &'static [&'static [&'static str]],
    /// `false`: what is wrong is counted and not an error.
    pub(super) enforced: bool,
}

/// Remove this, and the field `enforced` with it, when the modules of `earnorm-core` are arranged like this.
const CORE_IS_ARRANGED: bool = false;

/// Crates whose modules are models, which refer to each other in both directions.
pub(super) const WITHOUT_LAYERS: [&str; 1] = ["examples"];

/// Every other crate with more than one module. Test binaries have no layers.
pub(super) const LAYERS: &[Layers] = &[
    Layers {
        package: "benches",
        order: &[&["outcome", "table"], &["models"], &["by_hand"], &["versus"]],
        enforced: true,
    },
    Layers { package: "earnorm", order: &[&["guide", "prelude"]], enforced: true },
    Layers {
        package: "earnorm-core",
        order: &[
            &["schema", "bson"],
            &["field", "error"],
            &["store"],
            &["relation", "reference", "index", "hooks"],
            &["plan", "delete"],
            &["query", "integrity"],
            &["load", "document"],
            &["run", "handle"],
            &["model"],
        ],
        enforced: CORE_IS_ARRANGED,
    },
    Layers {
        package: "earnorm-derive",
        order: &[&["errors", "names"], &["attr"], &["ir"], &["lower"], &["check", "expand"], &["fallback"]],
        enforced: true,
    },
    Layers {
        package: "earnorm-testkit",
        order: &[&["error", "uri", "log", "janitor"], &["server", "proxy", "assert"], &["db"]],
        enforced: true,
    },
    Layers {
        package: "xtask",
        order: &[&["command"], &["files"], &["bench", "chores", "expand", "second", "tidy"], &["ci"]],
        enforced: true,
    },
];

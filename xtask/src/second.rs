//! Runs the suites on a second server, which finds what depends on the first one.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::command::{Outcome, cargo, locked, run};

/// A test binary, and the tests of it that the second server can't pass.
struct Suite {
    name: &'static str,
    left_out: &'static [LeftOut],
}

/// The exact name of a test, and why it is left out.
struct LeftOut {
    test: &'static str,
    reason: &'static str,
}

const SUITES: [Suite; 5] = [
    // first, since its tests depend on time, and CI is least busy now
    Suite { name: "faults", left_out: FAULTS },
    Suite { name: "behaviour", left_out: &[] },
    Suite { name: "relations", left_out: RELATIONS },
    Suite { name: "deletes", left_out: &[] },
    Suite { name: "hostile", left_out: HOSTILE },
];

const COLLATION: &str = "it doesn't compare by the collation of a collection";
// Seen once in six runs of the suite, with both cores busy: two of these failed, and the run did not end.
const LOCKS: &str = "on a busy machine a lock of a dropped transaction may stay for minutes";
const SLOW: &str = "it takes one to many minutes";

const RELATIONS: &[LeftOut] = &[
    LeftOut { test: "arrays::many_documents_are_each_linked_once", reason: SLOW },
    LeftOut { test: "chinook::an_artist_goes_with_all_that_is_hers_and_no_more", reason: SLOW },
    LeftOut { test: "chinook::artists_albums_and_tracks", reason: SLOW },
    LeftOut { test: "chinook::employees_customers_and_what_they_bought", reason: SLOW },
    LeftOut { test: "chinook::playlists_and_people_loaded_for_all_at_once", reason: SLOW },
    LeftOut { test: "chinook::playlists_through_their_entries", reason: SLOW },
    LeftOut { test: "chinook::the_same_answers_loaded_for_all_at_once", reason: SLOW },
    LeftOut { test: "collated::a_document_of_two_parents_is_shown_by_both", reason: COLLATION },
    LeftOut { test: "collated::a_scan_and_a_delete_go_by_what_the_server_finds", reason: COLLATION },
    LeftOut { test: "collated::conditions_find_the_same", reason: COLLATION },
    LeftOut { test: "collated::handles_and_includes_find_the_same", reason: COLLATION },
    LeftOut { test: "collated::one_command_more_asks_which_keys_are_equal", reason: COLLATION },
    LeftOut {
        test: "indexes::the_declared_order_is_read_from_the_index",
        reason: "it sorts where an index has the order",
    },
    LeftOut {
        test: "indexes::what_the_server_can_not_make_is_reported_and_the_rest_made",
        reason: "it makes an index of a field without a name",
    },
    LeftOut { test: "integrity::repair::more_than_a_report_keeps_is_repaired_too", reason: SLOW },
    LeftOut { test: "load_kinds::beyond_a_thousand_keys_there_is_a_command_more_and_no_difference", reason: SLOW },
    LeftOut {
        test: "odd_graphs::every_way_gives_what_a_search_gives",
        reason: "its `$lookup` leaves out documents by some ids that are documents or numbers of two types",
    },
    LeftOut {
        test: "strategies::a_result_over_sixteen_megabytes_names_the_strategy_that_can",
        reason: "it has no limit of 16 MiB",
    },
];

const FAULTS: &[LeftOut] = &[
    LeftOut { test: "cancelled::a_delete_leaves_no_lock", reason: LOCKS },
    LeftOut { test: "cancelled::a_transaction_leaves_no_lock", reason: LOCKS },
    LeftOut { test: "cancelled::a_transaction_that_is_dropped_at_any_time_leaves_no_lock", reason: LOCKS },
    LeftOut { test: "cancelled::a_transaction_that_is_dropped_with_its_first_command_is_aborted", reason: LOCKS },
];

const HOSTILE: &[LeftOut] = &[
    LeftOut {
        test: "keys::an_odd_key_deletes_nothing_of_others",
        reason: "it fails with an internal error on stored keys that are operators",
    },
    LeftOut {
        test: "keys::an_odd_key_leads_to_nothing",
        reason: "it takes a regular expression in the `localField` of a `$lookup` for a pattern",
    },
    LeftOut {
        test: "links::links_made_at_the_same_time_are_stored_once",
        reason: "its `findAndModify` with `upsert` sometimes returns nothing in a race",
    },
    LeftOut { test: "long_lists::pieces_give_what_one_command_would", reason: SLOW },
];

/// A program that succeeds if this Python can install the server.
const FIT: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// Runs these suites on `secantusd-py`, or all if none is named. Each suite starts its own server.
pub(crate) fn second_server(names: &[String]) -> Outcome {
    if let Some(name) = names.iter().find(|name| !SUITES.iter().any(|suite| suite.name == **name)) {
        let known: Vec<_> = SUITES.iter().map(|suite| format!("`{}`", suite.name)).collect();
        return Err(format!("there is no suite `{name}`; expected one of {}", known.join(", ")).into());
    }
    if !python_fits() {
        println!("skipped: `secantusd-py` needs Python 3.10 or later with `venv`, but `python3` is older or has none");
        return Ok(());
    }
    let chosen = |suite: &&Suite| names.is_empty() || names.iter().any(|name| name == suite.name);
    for suite in SUITES.iter().filter(chosen) {
        let start = Instant::now();
        suite.check()?;
        for LeftOut { test, reason } in suite.left_out {
            println!("left out: {} {test}: {reason}", suite.name);
        }
        let mut command = suite.command(["--exact"]);
        for LeftOut { test, .. } in suite.left_out {
            command.args(["--skip", test]);
        }
        run(&mut command)?;
        println!("{} on `secantusd-py`: {:.1} s", suite.name, start.elapsed().as_secs_f64());
    }
    Ok(())
}

impl Suite {
    /// `cargo test` for this suite. `--workspace` gives the driver the same features as everywhere else, so that it isn't
    /// built again.
    fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = cargo(["test", "--workspace", "--test", self.name]);
        command.args(locked()).arg("--").args(args);
        command.env("EARNORM_SERVER", "py").env_remove("EARNORM_MONGODB_URI");
        command
    }

    /// Fails if a name in the list isn't a test.
    fn check(&self) -> Outcome {
        if self.left_out.is_empty() {
            return Ok(());
        }
        let output = self.command(["--list", "--format", "terse"]).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("the tests of `{}` can't be listed ({})", self.name, output.status).into());
        }
        let unknown = unknown(&String::from_utf8_lossy(&output.stdout), self.left_out);
        match unknown.as_slice() {
            [] => Ok(()),
            names => Err(format!(
                "`{}` has no test {}; correct `SUITES` in xtask/src/second.rs",
                self.name,
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            )
            .into()),
        }
    }
}

/// The names that are missing in a list of tests. The list is the output of the test harness.
fn unknown(list: &str, left_out: &[LeftOut]) -> Vec<&'static str> {
    let tests: BTreeSet<&str> = list.lines().filter_map(|line| line.trim().strip_suffix(": test")).collect();
    left_out.iter().map(|one| one.test).filter(|name| !tests.contains(name)).collect()
}

fn python_fits() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", FIT]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, unknown};

    #[test]
    fn a_name_that_isnt_a_test_is_found() {
        let list = "load::graphs: test\nload::large: test\nload::speed: benchmark\n";
        let left_out = |test| LeftOut { test, reason: "slow" };
        assert!(unknown(list, &[left_out("load::large")]).is_empty());
        let names = [left_out("load::large"), left_out("load"), left_out("large"), left_out("load::speed")];
        assert_eq!(unknown(list, &names), ["load", "large", "load::speed"]);
    }
}

//! Tests with random input.

use earnorm::mongodb::Database;
use earnorm_testkit::TestDb;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::database;

/// Runs a check with random inputs, one after the other, on one database.
#[derive(Debug)]
pub struct PropertyTest {
    config: Config,
    test: TestDb,
    runtime: Runtime,
}

impl PropertyTest {
    /// A test with this number of inputs, or with `PROPTEST_CASES` inputs if that variable is set.
    pub fn new(cases: u32) -> Self {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
        let runtime = Runtime::new().unwrap();
        Self { config, test: runtime.block_on(database()), runtime }
    }

    /// Prepares the database.
    pub fn prepare(&self, prepare: impl AsyncFnOnce(&Database)) {
        self.runtime.block_on(prepare(self.test.db()));
    }

    /// Checks each input. A check fails by panicking.
    #[allow(clippy::needless_pass_by_value, reason = "a closure is easier to read without a reference")]
    pub fn run<S: Strategy>(&self, inputs: &S, check: impl AsyncFn(&Database, S::Value)) {
        let outcome = TestRunner::new(self.config.clone()).run(inputs, |input| {
            self.runtime.block_on(check(self.test.db(), input));
            Ok(())
        });
        outcome.unwrap();
    }
}

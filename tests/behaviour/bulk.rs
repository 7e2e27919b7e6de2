//! Many writes in few commands: `User::bulk(&db)`.

mod effects;
mod faults;
mod kinds;
mod managed;
mod order;

use earnorm::prelude::*;
use earnorm::{BulkOutcome, BulkReport, Error, Result};

/// A model without hooks, checks and managed fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "bulk_pots")]
#[index(name, unique, name = "name")]
struct Pot {
    #[serde(rename = "_id")]
    id: i32,
    name: String,
    size: i64,
    #[model(embedded)]
    #[serde(default)]
    lids: Vec<Lid>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Lid {
    colour: String,
    price: i64,
}

fn pot(id: i32) -> Pot {
    Pot { id, name: format!("pot {id}"), size: 0, lids: Vec::new() }
}

/// The report of a bulk, also of one that failed.
fn report(outcome: Result<BulkReport>) -> BulkReport {
    match outcome {
        Ok(report) => {
            assert_eq!(report.failed(), 0, "a failure is an error");
            report
        }
        Err(Error::Bulk { report, source }) => {
            let first = report.results().iter().find_map(|result| result.outcome.error()).unwrap();
            assert_eq!(first.to_string(), source.to_string());
            *report
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// The outcome of each write: `1 inserted, 2 failed: .., 3 not run`.
fn outcomes(report: &BulkReport) -> String {
    let each = report.results().iter().map(|result| {
        let outcome = match &result.outcome {
            BulkOutcome::Inserted => "inserted".to_owned(),
            BulkOutcome::Replaced => "replaced".to_owned(),
            BulkOutcome::Updated => "updated".to_owned(),
            BulkOutcome::Deleted => "deleted".to_owned(),
            BulkOutcome::NotFound => "not found".to_owned(),
            BulkOutcome::Failed(error) => format!("failed: {error}"),
            BulkOutcome::Unknown => "unknown".to_owned(),
            BulkOutcome::NotRun => "not run".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{} {outcome}", result.id)
    });
    each.collect::<Vec<_>>().join(", ")
}

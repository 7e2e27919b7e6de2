//! The command `explain`, for the commands of a query that is explained.

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{AggregateOptions, Collation, FindOptions, Hint};

use super::Exec;
use super::find::Find;
use crate::bson::encode;
use crate::observe::{Command, Explained};

/// Explains a `find`.
pub(super) async fn find(exec: Exec<'_>, explained: &Explained, find: &Find, options: &FindOptions) {
    let mut command = doc! { "find": find.collection, "filter": find.filter.clone() };
    command.extend(options.sort.clone().map(|sort| ("sort".to_owned(), sort.into())));
    command.extend(options.projection.clone().map(|fields| ("projection".to_owned(), fields.into())));
    command.extend(options.skip.map(|n| ("skip".to_owned(), n.cast_signed().into())));
    command.extend(options.limit.map(|n| ("limit".to_owned(), n.into())));
    command.extend(common(options.collation.as_ref(), options.hint.as_ref()));
    explain(exec, explained, "find", find.collection, command).await;
}

/// Explains an `aggregate`. `None` for a pipeline that begins with `$documents`.
pub(super) async fn aggregate(
    exec: Exec<'_>,
    explained: &Explained,
    collection: Option<&'static str>,
    pipeline: &[Document],
    options: &AggregateOptions,
) {
    let target = collection.map_or(Bson::Int32(1), Bson::from);
    let mut command = doc! { "aggregate": target, "pipeline": pipeline.to_vec(), "cursor": {} };
    command.extend(common(options.collation.as_ref(), options.hint.as_ref()));
    explain(exec, explained, "aggregate", collection.unwrap_or_default(), command).await;
}

fn common(collation: Option<&Collation>, hint: Option<&Hint>) -> Document {
    let mut command = Document::new();
    command.extend(collation.and_then(|it| encode(it).ok()).map(|it| ("collation".to_owned(), it)));
    command.extend(hint.and_then(|it| encode(it).ok()).map(|it| ("hint".to_owned(), it)));
    command
}

/// Sends an `explain`. What the server can't explain is unknown. If it can't be reached, the command itself fails next.
async fn explain(exec: Exec<'_>, explained: &Explained, name: &'static str, collection: &str, command: Document) {
    let db = exec.database();
    let mut action = db.run_command(doc! { "explain": command, "verbosity": "executionStats" });
    if let Some(criteria) = db.selection_criteria() {
        action = action.selection_criteria(criteria.clone());
    }
    Command::new("explain", collection).sent();
    match action.await {
        Ok(reply) => explained.add(name, collection, Ok(&reply)),
        Err(error) => explained.add(name, collection, Err(error.to_string())),
    }
}

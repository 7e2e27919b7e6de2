//! The GraphQL schema. A resolver sees one document, and loads relations by a loader. The loader sends one command for all
//! resolvers that run at the same time: the number of commands doesn't depend on the number of documents.

mod mutation;
mod nodes;
mod query;

use async_graphql::{EmptySubscription, Request, Response};
use earnorm::Loader;
use mongodb::Database;

pub use self::mutation::Mutation;
pub use self::query::Query;

/// How many levels a query may have.
const DEPTH: usize = 10;
/// How many fields a query may request, including those of each document in a list.
const COMPLEXITY: usize = 5_000;

/// The schema of this service.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema with its limits. Without them, a short query could ask for the whole database.
pub fn schema() -> Schema {
    Schema::build(Query, Mutation, EmptySubscription).limit_depth(DEPTH).limit_complexity(COMPLEXITY).finish()
}

/// Executes a request with a loader of its own. What a loader has read is kept until the request ends, and no other request
/// sees it.
pub async fn execute(schema: &Schema, db: &Database, request: Request) -> Response {
    schema.execute(request.data(db.clone()).data(Loader::new(db))).await
}

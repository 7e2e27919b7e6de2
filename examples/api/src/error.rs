//! Why a request failed, and what the client learns about it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use earnorm::Error;
use serde::Serialize;
use serde_json::{Value, json};

/// Why a request failed.
///
/// It deliberately doesn't implement `Display`: async-graphql sends the text of every error that does, and errors of the
/// database are for the log.
#[derive(Debug)]
pub enum ApiError {
    /// EarnORM returned an error.
    Database(Error),
    /// A document doesn't exist.
    NotFound(&'static str),
    /// The request has a value that has no meaning.
    Invalid(String),
    /// The body isn't JSON, or not the JSON of this route; with the status that axum suggests.
    Body(StatusCode, String),
    /// The document has another version than the header `If-Match`.
    Stale,
    /// The header `If-Match` is missing.
    VersionRequired,
}

/// The result of a handler or a resolver.
pub type Result<T> = std::result::Result<T, ApiError>;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// What a client learns about an error.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The status of the reply.
    #[serde(skip)]
    pub status: StatusCode,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// What a program needs to go on.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Value::Null }
    }

    fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }
}

impl ApiError {
    /// What the client learns.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Database(error) => of_database(error),
            Self::NotFound(what) => Problem::new(StatusCode::NOT_FOUND, "not_found", format!("no such {what}")),
            Self::Invalid(why) => Problem::new(StatusCode::BAD_REQUEST, "invalid", why),
            Self::Body(status, why) => Problem::new(*status, "invalid_body", why),
            Self::Stale => Problem::new(StatusCode::PRECONDITION_FAILED, "stale", "it was changed; read it again"),
            Self::VersionRequired => Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "version_required",
                "send the `ETag` of what you have read in `If-Match`",
            ),
        }
    }
}

/// What a client learns about an error of EarnORM.
fn of_database(error: &Error) -> Problem {
    match error {
        Error::NotFound { model } => {
            Problem::new(StatusCode::NOT_FOUND, "not_found", format!("no such {}", model.to_lowercase()))
        }
        Error::Duplicate { model, index } => {
            Problem::new(StatusCode::CONFLICT, "duplicate", format!("another {} has this value", model.to_lowercase()))
                .with(json!({ "index": index }))
        }
        Error::Restricted { blockers, .. } => {
            let message = match blockers.len() {
                1 => "a document needs it".to_owned(),
                number => format!("{number} documents need it"),
            };
            // hexadecimal ids, and not Extended JSON
            let details = serde_json::to_value(earnorm::Json(blockers)).unwrap_or_default();
            Problem::new(StatusCode::CONFLICT, "restricted", message).with(json!({ "blockers": details }))
        }
        Error::Stale { .. } => ApiError::Stale.problem(),
        Error::StalePlan | Error::Cycle { .. } => {
            Problem::new(StatusCode::CONFLICT, "conflict", "it was changed; read it again")
        }
        Error::MissingReference { field, id, .. } => {
            let id = serde_json::to_value(earnorm::Json(id)).unwrap_or_default();
            let message = format!("the document in `{field}` doesn't exist");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "missing_reference", message)
                .with(json!({ "field": field, "id": id }))
        }
        Error::Hook { source, .. } => of_database(source),
        error if error.is_client_error() => Problem::new(StatusCode::BAD_REQUEST, "invalid", error.to_string()),
        error if error.is_unreachable() => {
            tracing::error!(%error, "the database can't be reached");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again later")
        }
        // the text names collections and fields, or has values: it is for the log
        error => {
            tracing::error!(%error, "a request failed");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong")
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let status = problem.status;
        let mut response = (status, axum::Json(json!({ "error": problem }))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<ApiError> for async_graphql::Error {
    /// The code and the details are in the extensions.
    fn from(error: ApiError) -> Self {
        use async_graphql::ErrorExtensions as _;
        let problem = error.problem();
        Self::new(problem.message).extend_with(|_, extensions| {
            extensions.set("code", problem.code);
            if let Ok(details @ async_graphql::Value::Object(_)) = async_graphql::to_value(&problem.details) {
                extensions.set("details", details);
            }
        })
    }
}

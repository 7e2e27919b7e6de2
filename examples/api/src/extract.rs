//! Bodies, ids and versions of requests.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use earnorm::{Id, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Result};

/// The JSON of a request or a reply: ids are hexadecimal digits, dates have the form of RFC 3339.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        match axum::Json::<json::Deserialize<T>>::from_request(request, state).await {
            Ok(axum::Json(json::Deserialize(value))) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::Body(rejection.status(), reason(&rejection))),
        }
    }
}

/// The reason without axum's introduction: `author_id: invalid ObjectId "12"; expected 24 hexadecimal digits ..`.
fn reason(rejection: &JsonRejection) -> String {
    let text = rejection.body_text();
    text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason).to_owned()
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(earnorm::Json(self.0)).into_response()
    }
}

/// The values after the question mark.
#[derive(Debug)]
pub struct Search<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Search<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        found.map(|Query(value)| Self(value)).map_err(|error: QueryRejection| ApiError::Invalid(error.body_text()))
    }
}

/// An id in a path or an argument.
///
/// # Errors
///
/// [`ApiError::Invalid`] if the text isn't an id.
pub fn id<M>(text: &str) -> Result<Id<M>> {
    text.parse().map_err(|_| ApiError::Invalid("an id has 24 hexadecimal digits".to_owned()))
}

/// The version in the header `If-Match`.
///
/// # Errors
///
/// [`ApiError::VersionRequired`] without the header; [`ApiError::Stale`] if it isn't a version of this service.
pub fn if_match(headers: &HeaderMap) -> Result<i64> {
    let header = headers.get(IF_MATCH).ok_or(ApiError::VersionRequired)?;
    let version = header.to_str().ok().map(|text| text.trim_matches('"').parse());
    version.and_then(std::result::Result::ok).ok_or(ApiError::Stale)
}

/// The header `ETag` of a version.
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

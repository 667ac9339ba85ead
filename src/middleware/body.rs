//! The body guard: reads a request's body, bounded, and lets only one well-formed JSON-RPC message
//! through. It runs after identity, host and session are settled and before rmcp reads anything;
//! it never looks at what a message asks for.

mod strict_json;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use self::strict_json::{Fault, Kind};
use super::Next;
use crate::telemetry::{Limit, meters};

/// How much is read, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body, in bytes.
    pub bytes: usize,
    /// From the first byte to the last.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024, time: Duration::from_secs(30) }
    }
}

/// A body that was let through, for whoever reads it as a whole; the request has it as well.
#[derive(Clone)]
pub(crate) struct Whole(pub(crate) Bytes);
/// The message that was read is a request: it wants an answer.
#[derive(Clone, Copy, Debug)]
pub struct IsRequest;

/// The layer. Only POST has a body that anybody reads.
pub async fn guard<N, F>(limits: Limits, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match read(&parts.headers, body, limits).await {
        Ok((body, kind)) => {
            parts.extensions.insert(Whole(body.clone()));
            if kind == Kind::Request {
                parts.extensions.insert(IsRequest);
            }
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Why a body isn't let through.
enum Refused {
    /// 415
    MediaType(&'static str),
    /// 413
    TooLong,
    /// 408
    TooSlow,
    /// 400: the connection broke or the transfer coding was wrong.
    Broken,
    /// 400
    Fault(Fault),
}

async fn read(headers: &HeaderMap, body: Body, limits: Limits) -> Result<(Bytes, Kind), Refused> {
    media_type(headers)?;
    // What is announced as too long isn't read at all.
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|n| n > limits.bytes) {
        return Err(Refused::TooLong);
    }
    let reading = Limited::new(body, limits.bytes).collect();
    let body = match tokio::time::timeout(limits.time, reading).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Refused::TooLong),
        Ok(Err(_)) => return Err(Refused::Broken),
        Err(_) => return Err(Refused::TooSlow),
    };
    let kind = strict_json::check(&body).map_err(Refused::Fault)?;
    Ok((body, kind))
}

/// One `application/json` in UTF-8 and in no content coding: a guard that can't read a body must
/// not let it pass to somebody who can.
fn media_type(headers: &HeaderMap) -> Result<(), Refused> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Refused::MediaType("Content-Encoding isn't supported"));
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next().and_then(as_text), types.next()) else {
        return Err(Refused::MediaType("Content-Type must be application/json"));
    };
    let mut pieces = media_type.split(';').map(str::trim);
    if !pieces.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(Refused::MediaType("Content-Type must be application/json"));
    }
    let other_charset = |piece: &str| {
        piece.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset")
                && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    };
    if pieces.any(other_charset) {
        return Err(Refused::MediaType("JSON is UTF-8 (RFC 8259 §8.1)"));
    }
    Ok(())
}

fn as_text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::TooLong => meters().shed(Limit::BodySize),
            Self::TooSlow => meters().shed(Limit::BodyTime),
            _ => {}
        }
        let (status, code, message) = match self {
            Self::MediaType(why) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, -32600, why),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, -32600, "the body is too long"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, -32600, "the body took too long"),
            Self::Broken => (StatusCode::BAD_REQUEST, -32700, "the body can't be read"),
            Self::Fault(Fault::Syntax) => (StatusCode::BAD_REQUEST, -32700, "Parse error"),
            Self::Fault(Fault::Message(why)) => (StatusCode::BAD_REQUEST, -32600, why),
        };
        super::json_rpc_error(status, code, message)
    }
}

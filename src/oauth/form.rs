//! The form of a POST (RFC 6749 App. B): read whole, up to a length and for a time. `/token`, the
//! consent and the answer at a link read theirs here; what is wrong with one they say themselves.

use std::time::Duration;

use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::query::Parameters;

/// No form of ours is longer, in bytes: a sealed request holds a client's id and state.
const MAX_FORM: usize = 32 * 1024;
/// From the end of the head to the end of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// It isn't sent as one.
    #[error("the body must be application/x-www-form-urlencoded")]
    NotAForm,
    /// It is longer than 32 KiB.
    #[error("the body is longer than 32 KiB")]
    TooLong,
    /// It didn't end in time.
    #[error("the body didn't arrive in time")]
    TooSlow,
    /// The connection broke, or the transfer coding was wrong.
    #[error("the body can't be read")]
    Broken,
}

impl FormFault {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotAForm | Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// Reads a request's form.
///
/// # Errors
/// [`FormFault`]
pub async fn read(request: Request) -> Result<Parameters, FormFault> {
    read_within(PATIENCE, request).await
}

async fn read_within(patience: Duration, request: Request) -> Result<Parameters, FormFault> {
    if !is_form(request.headers()) {
        return Err(FormFault::NotAForm);
    }
    let body = Limited::new(request.into_body(), MAX_FORM).collect();
    match tokio::time::timeout(patience, body).await {
        Ok(Ok(body)) => Ok(Parameters::parse(&body.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(FormFault::TooLong),
        Ok(Err(_)) => Err(FormFault::Broken),
        Err(_) => Err(FormFault::TooSlow),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use futures::StreamExt as _;

    use super::*;

    fn request(kind: &str, body: Body) -> Request {
        Request::builder().header(CONTENT_TYPE, kind).body(body).unwrap()
    }

    const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

    #[tokio::test]
    async fn a_form_of_any_length_up_to_the_limit() {
        let of = |length: usize| request(FORM, Body::from(format!("a={}", "x".repeat(length - 2))));
        let form = read(of(MAX_FORM)).await.unwrap();
        assert_eq!(form.one("a").unwrap().map(str::len), Some(MAX_FORM - 2));
        assert_eq!(read(of(MAX_FORM + 1)).await.unwrap_err(), FormFault::TooLong);
        let json = request("application/json", Body::from("a=1"));
        assert_eq!(read(json).await.unwrap_err(), FormFault::NotAForm);
    }

    #[tokio::test]
    async fn one_that_never_ends_isnt_waited_for() {
        let begun = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"a=1"))]);
        let endless = Body::from_stream(begun.chain(futures::stream::pending()));
        let read = read_within(Duration::ZERO, request(FORM, endless)).await;
        assert_eq!(read.unwrap_err(), FormFault::TooSlow);
    }
}

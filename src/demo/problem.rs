//! The sample services' errors: RFC 9457 problem details, as ASP.NET writes them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// One refusal of a sample service.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    errors: Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Map::new() }
    }

    /// 400: the request can't be understood.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request", detail)
    }

    /// 401: no token, or one that isn't good.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", detail)
    }

    /// 403: the person may not do this anywhere.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", detail)
    }

    /// 404: there is none, or none for this person.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", format!("{what} was not found."))
    }

    /// 412: the record changed since the caller read it.
    pub(super) fn precondition_failed() -> Self {
        let detail = "The record was changed since it was read; If-Match doesn't match its ETag.";
        Self::new(StatusCode::PRECONDITION_FAILED, "Precondition Failed", detail)
    }

    /// 422: fields that can't be taken, each with its message.
    pub(super) fn invalid(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let detail = "One or more validation errors occurred.";
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable Entity", detail);
        problem.errors =
            fields.into_iter().map(|(field, message)| (field, json!([message]))).collect();
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("https://httpstatuses.io/{}", self.status.as_u16()),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "traceId": uuid::Uuid::new_v4().simple().to_string(),
        });
        if let (Value::Object(fields), false) = (&mut body, self.errors.is_empty()) {
            fields.insert("errors".to_owned(), Value::Object(self.errors));
        }
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, "application/problem+json; charset=utf-8")],
            body.to_string(),
        )
            .into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer error=\"invalid_token\""),
            );
        }
        response
    }
}

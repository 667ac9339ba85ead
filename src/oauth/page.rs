//! The pages that people see in their browser: consent, the question of a link, notices, problems.
//! Rendered here, without script, with the same headers on each: nothing is loaded, nothing may
//! frame them, nothing is kept.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

/// The one style sheet, inside each page.
pub const STYLE: &str = include_str!("pages/style.css");

/// Without `form-action`: Chromium applies it to each redirect after the consent, which ends at the
/// client (whatever its scheme).
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// `GET /authorize`: may this client act for the person?
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// The client's name, as it or its document says.
    pub name: &'a str,
    /// The host that published the client's document; none for a name that nobody vouches for.
    pub host: Option<&'a str>,
    /// Where the browser goes afterwards.
    pub returns_to: &'a str,
    /// Is that on the person's own device? Loopback or a program's own scheme: any program there may
    /// be listening (RFC 8252 §8.3, §8.6).
    pub on_device: bool,
    /// The short name of the scope that is granted.
    pub scope: &'a str,
    /// For how many days the client can stay connected: it gets a refresh token whatever it asks for.
    pub days: u64,
    /// The sealed request.
    pub request: &'a str,
}

/// `GET /confirm/{id}`: the question of a write.
#[derive(Template)]
#[template(path = "question.html")]
pub struct Question<'a> {
    /// The tool's title.
    pub title: &'a str,
    /// The question, as rendered by `confirm`.
    pub message: &'a str,
    /// The client that called.
    pub client: &'a str,
    /// Until when it may be answered.
    pub until: &'a str,
    /// Where the answer goes.
    pub action: &'a str,
    /// The sealed token that binds the answer to this browser.
    pub token: &'a str,
}

/// Something that went well, or that is over.
#[derive(Template)]
#[template(path = "notice.html")]
pub struct Notice<'a> {
    /// What happened.
    pub title: &'a str,
    /// What comes next.
    pub text: &'a str,
}

/// Something that went wrong.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct Problem<'a> {
    /// In a few words.
    pub title: &'a str,
    /// What happened.
    pub happened: &'a str,
    /// What the person can do.
    pub remedy: &'a str,
    /// The request's id, which is in the log too.
    pub request_id: Option<&'a str>,
}

/// A page as an answer.
pub fn answer(status: StatusCode, page: &impl Template) -> Response {
    const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let Ok(body) = page.render() else {
        tracing::error!("a page couldn't be rendered");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Not `no-referrer`: a form's `Origin` would be null then, and is checked.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CORP, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, body).into_response()
}

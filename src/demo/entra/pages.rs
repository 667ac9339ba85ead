//! The pages that a browser sees, rendered here without any script. Askama escapes every value; the
//! one that isn't escaped, a frame's inside, is a page of this file.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::errors::{Failure, Stamp};
use crate::demo::people::Person;

/// What stands around every page.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #eef1f4; }
main { max-width: 27rem; margin: 8vh auto; padding: 2.5rem; background: #fff; box-shadow: 0 2px 6px #0003; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; }
p, ul, form { margin: 0 0 1rem; overflow-wrap: anywhere; }
button { font: inherit; padding: .5rem 1rem; border: 1px solid #8a8a8a; background: #fff; cursor: pointer; }
button:hover, button:focus { background: #e6f0fa; }
.person { display: block; width: 100%; margin-bottom: .5rem; text-align: left; }
.note { color: #5d5d5d; font-size: .85rem; }
</style>
</head>
<body>
<main>
{{ inside|safe }}
<p class="note">A look-alike of Microsoft Entra ID, for demonstrations and tests.</p>
</main>
</body>
</html>
"#
)]
struct Frame<'a> {
    title: &'a str,
    inside: &'a str,
}

/// Who signs in.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<h1>Pick an account</h1>
<p>to continue to {{ app }}</p>
<form method="post">
{% for person in people %}
<p><button class="person" name="person" value="{{ person.name }}" aria-describedby="{{ person.name }}"{% if loop.first && hinted %} autofocus{% endif %}>{{ person.name }}</button>
<span class="note" id="{{ person.name }}">{{ person.full_name }}, {{ person.email }}</span></p>
{% endfor %}
</form>"#
)]
pub(super) struct SignInPage<'a> {
    pub(super) app: &'a str,
    pub(super) people: Vec<&'static Person>,
    /// The first one was named by `login_hint`.
    pub(super) hinted: bool,
}

/// What the app asks for.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<h1>Permissions requested</h1>
<p>{{ person.email }}</p>
<p><strong>{{ app }}</strong> would like to:</p>
<ul>
{% if openid %}<li>sign you in and read your profile</li>
{% endif %}{% for scope in scopes %}<li>use {{ scope }} on your behalf</li>
{% endfor %}{% if offline %}<li>keep the access that you have given it</li>
{% endif %}</ul>
<form method="post">
<input type="hidden" name="ctx" value="{{ ctx }}">
<button name="consent" value="cancel">Cancel</button>
<button name="consent" value="accept">Accept</button>
</form>"#
)]
pub(super) struct ConsentPage<'a> {
    pub(super) app: &'a str,
    pub(super) person: &'static Person,
    pub(super) scopes: &'a [String],
    pub(super) openid: bool,
    pub(super) offline: bool,
    /// Names the person who is asked.
    pub(super) ctx: &'a str,
}

/// A refusal that stays in the browser.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<h1>Sign in</h1>
<p>Sorry, but we’re having trouble signing you in.</p>
<p>AADSTS{{ failure.code }}: {{ failure.message }}</p>
<p class="note">Request Id: {{ stamp.trace }}<br>
Correlation Id: {{ stamp.correlation }}<br>
Timestamp: {{ stamp.time }}</p>"#
)]
struct ErrorPage<'a> {
    failure: &'a Failure,
    stamp: &'a Stamp,
}

impl SignInPage<'_> {
    pub(super) fn response(&self) -> Response {
        page(StatusCode::OK, "Sign in to your account", self)
    }
}

impl ConsentPage<'_> {
    pub(super) fn response(&self) -> Response {
        page(StatusCode::OK, "Permissions requested", self)
    }
}

impl Failure {
    /// The page that tells a person of this.
    pub(super) fn page(&self, status: StatusCode, stamp: &Stamp) -> Response {
        page(status, "Sign in to your account", &ErrorPage { failure: self, stamp })
    }
}

fn page(status: StatusCode, title: &str, inside: &impl Template) -> Response {
    let rendered = inside.render().and_then(|inside| Frame { title, inside: &inside }.render());
    let Ok(text) = rendered else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CACHE_CONTROL, "no-store, no-cache"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ];
    (status, headers, Html(text)).into_response()
}

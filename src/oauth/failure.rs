//! What can go wrong on the way to a token, and the two ways to say it: a page of ours, where there
//! is no client to be trusted with the answer, or an OAuth error (RFC 6749 §4.1.2.1, §5.2).

use std::borrow::Cow;

use axum::Extension;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tower_http::request_id::RequestId;

use super::form::FormFault;
use super::no_store;
use super::page::{self, Problem};
use super::upstream::EntraFault;
use crate::aadsts::Mender;

/// An OAuth error, for a redirect or for `/token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthError {
    /// The error code.
    pub code: &'static str,
    /// What happened and what to do, for people. ASCII without quotes and backslashes.
    pub description: Cow<'static, str>,
}

impl OauthError {
    /// An error of this code.
    pub const fn new(code: &'static str, description: &'static str) -> Self {
        Self { code, description: Cow::Borrowed(description) }
    }

    /// What Entra's refusal means for a person, and whom to ask. Without a known number, `else_says`.
    pub fn of_entra(code: &'static str, fault: &EntraFault, else_says: &'static str) -> Self {
        let Some(meaning) = fault.meaning() else { return Self::new(code, else_says) };
        let ask = match meaning.who {
            Mender::Person | Mender::Time => "Try again.",
            Mender::Administrator => {
                "Ask the administrator of Microsoft Entra in your organisation."
            }
            Mender::Operator => "Ask whoever runs Osier in your organisation.",
        };
        Self { code, description: format!("{} {ask}", meaning.what).into() }
    }

    /// As `/token` and `/register` say it. `id` is the request's.
    pub fn json(self, id: Option<&str>) -> Response {
        let status = match self.code {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = json!({ "error": self.code, "error_description": self.description });
        if let (Some(id), Some(members)) = (id, body.as_object_mut()) {
            members.insert("request_id".to_owned(), id.into());
        }
        let mut response = no_store::json(status, body.to_string());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// A failure that is told on a page of ours: nobody is redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    status: StatusCode,
    title: &'static str,
    happened: &'static str,
    remedy: &'static str,
}

impl Failure {
    /// The client isn't known here, or isn't what it says.
    pub const CLIENT: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This program isn't known here",
        happened: "The program that sent you names itself in a way that this server doesn't accept.",
        remedy: "Remove the connection in that program and add it again. If it still fails, ask your \
                 administrator whether the program is on the list of allowed clients.",
    };
    /// The client's document can't be had at the moment.
    pub const CLIENT_AWAY: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "The program can't be verified at the moment",
        happened: "The place where the program describes itself doesn't answer.",
        remedy: "Try again in a minute.",
    };
    /// Too many new clients at once.
    pub const BUSY: Self = Self {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Too many sign-ins at once",
        happened: "This server limits how many new programs it looks up in a minute.",
        remedy: "Try again in a minute.",
    };
    /// The redirect URI isn't the client's, or isn't allowed.
    pub const REDIRECT: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This program may not be answered there",
        happened: "The program asks to be answered at an address that isn't registered for it.",
        remedy: "Remove the connection in that program and add it again. If it still fails, give your \
                 administrator the id below: the log has the address, and it can be allowed.",
    };
    /// A request without meaning, where nothing of it can be trusted.
    pub const MALFORMED: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This link can't be read",
        happened: "The address is incomplete, or says the same thing twice.",
        remedy: "Go back to your assistant and connect again.",
    };
    /// A page that is reached by a form alone, or a form that is sent where none is read.
    pub const METHOD: Self = Self {
        status: StatusCode::METHOD_NOT_ALLOWED,
        title: "There is nothing to see here",
        happened: "This address only works as a step of a sign-in.",
        remedy: "Go back to your assistant and connect again.",
    };
    /// A form that is longer than any of ours.
    pub const TOO_LONG: Self = Self {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        title: "That was too long",
        happened: "The form is longer than any that this server sends.",
        remedy: "Go back to your assistant and connect again.",
    };
    /// A form that didn't arrive whole.
    pub const TOO_SLOW: Self = Self {
        status: StatusCode::REQUEST_TIMEOUT,
        title: "That took too long",
        happened: "The form didn't arrive here in time.",
        remedy: "Send it again.",
    };
    /// A consent that wasn't given on our page, in this browser.
    pub const FOREIGN_CONSENT: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "This answer didn't come from our page",
        happened: "The form is too old, was opened in another browser, or cookies are switched off.",
        remedy: "Allow cookies for this site, go back to your assistant and connect again.",
    };
    /// An answer to a link's question that wasn't given on our page, in this browser.
    pub const FOREIGN_ANSWER: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "This answer doesn't count",
        happened: "The page was open for more than ten minutes, the form wasn't sent by it, or cookies \
                   are switched off.",
        remedy: "Open the link once more, with cookies allowed for this site, and answer there.",
    };
    /// The questions of links can't be looked up.
    pub const STORE_AWAY: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "The question can't be had at the moment",
        happened: "The place where questions are kept doesn't answer. It isn't known whether an answer \
                   that you gave was taken.",
        remedy: "Open the link again in a minute: it shows what you said, or asks again.",
    };
    /// A callback in a browser that didn't start the sign-in.
    pub const OTHER_BROWSER: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "This sign-in wasn't started in this browser",
        happened: "Somebody may have sent you this link, the sign-in took more than ten minutes, or \
                   cookies are switched off.",
        remedy: "Close this page. If you were connecting an assistant yourself, connect again.",
    };
    /// A callback that was used, is too old or says nothing.
    pub const STALE: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This sign-in is over",
        happened: "The link was used already, or is older than ten minutes.",
        remedy: "Go back to your assistant. If it isn't connected, connect again.",
    };
    /// A callback from somebody else.
    pub const OTHER_ISSUER: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This sign-in came from elsewhere",
        happened: "The answer doesn't come from the organisation's own sign-in service.",
        remedy: "Close this page, go back to your assistant and connect again.",
    };
    /// Entra can't be reached.
    pub const ENTRA_AWAY: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Sign-in isn't available at the moment",
        happened: "Microsoft's sign-in service doesn't answer.",
        remedy: "Try again in a minute.",
    };
    /// The person signed in and isn't let in.
    pub const NO_ACCESS: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "Your account may not use Osier",
        happened: "You are signed in, but your account doesn't have the access that Osier asks for.",
        remedy: "Ask the administrator of Microsoft Entra in your organisation to assign you to Osier. \
                 Then connect again.",
    };
    /// Entra refused the sign-in.
    pub const REFUSED: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "You weren't signed in",
        happened: "Microsoft's sign-in service didn't let the sign-in through.",
        remedy: "Try again. If it happens again, give your administrator the id below.",
    };
    /// Something on our side.
    pub const OURS: Self = Self {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Something went wrong here",
        happened: "The server couldn't finish the sign-in.",
        remedy: "Give your administrator the id below.",
    };
    /// A link that isn't there, or is another person's, which is the same.
    pub const NO_LINK: Self = Self {
        status: StatusCode::NOT_FOUND,
        title: "There is no such question",
        happened: "The link is wrong, has expired, or isn't for the account that you signed in with.",
        remedy: "Open the link again with the account that your assistant is connected with, or ask your \
                 assistant to do it again: it gives you a new link.",
    };

    /// What a form that can't be read is told as.
    pub fn of_form(fault: FormFault, foreign: Self) -> Self {
        match fault {
            FormFault::NotAForm => foreign,
            FormFault::TooLong => Self::TOO_LONG,
            FormFault::TooSlow | FormFault::Broken => Self::TOO_SLOW,
        }
    }

    /// The page. `id` is the request's.
    pub fn page(self, id: Option<&str>) -> Response {
        let Self { status, title, happened, remedy } = self;
        let mut response =
            page::answer(status, &Problem { title, happened, remedy, request_id: id });
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// Any other verb than a page's own. A HEAD of the callback is one of them: it would use the sign-in
/// up, and HEAD must not (RFC 9110 §9.2.1).
pub(super) async fn method(Extension(id): Extension<RequestId>) -> Response {
    Failure::METHOD.page(id.header_value().to_str().ok())
}

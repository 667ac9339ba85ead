//! The one table from [`Refusal`] to what a caller reads, for every front door. The words for a
//! person are chosen here and nowhere else; what only the log may know never gets in.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::call::{Hindrance, Limit, Refusal, Trouble, TroubleKind, Unreadable};

/// JSON-RPC 2.0 §5.1: the parameters aren't what the method takes.
const INVALID_PARAMS: i32 = -32602;
/// JSON-RPC 2.0 §5.1: something went wrong inside.
const INTERNAL_ERROR: i32 = -32603;

/// A tool's name isn't longer (SEP-986).
const MAX_NAME: usize = 128;

/// A refusal as MCP says it.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendered {
    /// A JSON-RPC error: the request can't be served as it stands.
    Protocol {
        /// The JSON-RPC error code.
        code: i32,
        /// One sentence for the caller.
        message: String,
        /// JSON-RPC `error.data`.
        data: Option<Value>,
    },
    /// A tool result with `isError: true`: a text that a person can act on.
    Tool {
        /// That text.
        text: String,
    },
}

/// The table for MCP. `CannotAsk` is a tool text here; where the protocol has an error of its own
/// for it (-32021 in 2026-07-28), `mcp` says that instead, since it knows what was to be asked.
pub fn mcp(refusal: &Refusal) -> Rendered {
    match refusal {
        Refusal::UnknownTool(name) => invalid(format!("Unknown tool: {}", cut(name))),
        Refusal::InvalidArguments(problems) => Rendered::Protocol {
            code: INVALID_PARAMS,
            message: format!("Invalid arguments: {}", problems.join("; ")),
            data: Some(json!({ "problems": problems })),
        },
        Refusal::InvalidCursor => {
            invalid("The cursor isn't valid here any more. Ask for the first page again.")
        }
        Refusal::InvalidState => invalid(
            "The requestState isn't valid for this call, or is too old. \
             Make the call again without it.",
        ),
        Refusal::InvalidAnswer => invalid(
            "The answer doesn't have the form that was asked for, so nothing was changed. \
             Make the call again.",
        ),
        Refusal::NotFound { argument } => tool(format!(
            "Nothing was found for '{argument}' that you may use here. Check the id, or look it up again."
        )),
        Refusal::AlreadyUsed => tool(
            "This confirmation was already used, so nothing was changed now. \
             Look the record up to see how it stands.",
        ),
        Refusal::Changed => tool(
            "The record changed after the question was asked, so nothing was written. \
             Look at it as it is now, and try again.",
        ),
        Refusal::Declined => tool("The person said no. Nothing was changed."),
        Refusal::Cancelled => {
            tool("The question was closed without an answer. Nothing was changed.")
        }
        Refusal::Withdrawn => tool("The call was taken back before anything was changed."),
        Refusal::CannotAsk => tool(
            "This needs an answer from a person, and this client can't show the question. \
             Nothing was changed. Use a client that supports form elicitation.",
        ),
        Refusal::ByLink { url, expires, question } => tool(format!(
            "This needs your yes. Open {url}, sign in, and answer there; then ask me to do it again. \
             The link works until {} UTC. Nothing was changed yet. The question is:\n\n{question}",
            time_of_day(*expires),
        )),
        Refusal::PermissionsUnavailable => tool(
            "Your permissions can't be read at the moment, so nothing is allowed. \
             Try again in a minute.",
        ),
        Refusal::TooManyGroups => tool(
            "You are in more groups than your sign-in can name, so your permissions can't be read \
             and nothing is allowed. Ask your administrator: the groups that Osier's sign-in names \
             must be limited to those assigned to it.",
        ),
        Refusal::AuditUnavailable => tool(
            "This can't be recorded at the moment, so nothing was done. Try again in a minute.",
        ),
        Refusal::Service(trouble) => tool(service_text(trouble)),
        Refusal::Unreadable { why, otherwise } => {
            let otherwise = otherwise.as_deref().map(|words| format!(" {words}"));
            tool(format!("{}{}", unreadable(why), otherwise.unwrap_or_default()))
        }
        Refusal::Limited { limit, retry_after } => tool(limited(*limit, *retry_after)),
        Refusal::TimedOut => {
            tool("This took too long and was stopped. Ask for less, or try again.")
        }
        Refusal::TooLarge => {
            tool("The answer is too long. Ask for fewer fields or a narrower filter.")
        }
        Refusal::Internal => {
            tool("Something went wrong here. It was recorded under this answer's decision id.")
        }
    }
}

/// The table for requests that have no tool result to put a text in, such as a list.
pub fn mcp_list(refusal: &Refusal) -> Rendered {
    match mcp(refusal) {
        Rendered::Tool { text } => {
            Rendered::Protocol { code: INTERNAL_ERROR, message: text, data: None }
        }
        protocol @ Rendered::Protocol { .. } => protocol,
    }
}

fn invalid(message: impl Into<String>) -> Rendered {
    Rendered::Protocol { code: INVALID_PARAMS, message: message.into(), data: None }
}

fn tool(text: impl Into<String>) -> Rendered {
    Rendered::Tool { text: text.into() }
}

/// A name that a client wrote is repeated to it, but not at any length.
fn cut(name: &str) -> &str {
    name.char_indices().nth(MAX_NAME).and_then(|(at, _)| name.get(..at)).unwrap_or(name)
}

fn limited(limit: Limit, retry_after: Duration) -> String {
    let wait = seconds(retry_after);
    let what = match limit {
        Limit::Person => "As many of your calls are running as may run at once",
        Limit::Tool => "This tool is called more often than it may be",
        Limit::Overall => "Osier has as many calls to carry out as it can",
    };
    format!("{what}, so this one wasn't begun. Try again in {wait}.")
}

fn unreadable(why: &Unreadable) -> String {
    match why {
        Unreadable::Type(kind) => format!("This file is {kind} and can't be shown as text."),
        Unreadable::Nothing => "There is no text of this file.".to_owned(),
        Unreadable::ByLink => {
            "The service hands this file out by a link, which isn't followed.".to_owned()
        }
    }
}

fn service_text(trouble: &Trouble) -> String {
    let service = &trouble.service;
    match &trouble.kind {
        TroubleKind::Rejected(fields) if fields.is_empty() => {
            format!("{service} doesn't accept these values. Check them and try again.")
        }
        TroubleKind::Rejected(fields) => {
            format!("{service} doesn't accept the value of: {}.", fields.join(", "))
        }
        TroubleKind::QueryFailed => format!(
            "{service} couldn't run this query. Check the parameters; if they are right, its \
             administrator should look."
        ),
        TroubleKind::NotSignedIn => {
            format!("{service} doesn't accept your sign-in. Sign in again.")
        }
        TroubleKind::Forbidden => format!("{service} doesn't allow you to do this."),
        TroubleKind::Gone => format!("{service} no longer has this record."),
        TroubleKind::Conflict => {
            format!("{service} says that this collides with another change. Look again first.")
        }
        TroubleKind::Stale => {
            format!(
                "The record changed in {service} meanwhile, so nothing was written. \
                 Look at it as it is now first."
            )
        }
        TroubleKind::Busy(Some(wait)) => {
            format!("{service} is busy. Try again in {}.", seconds(*wait))
        }
        TroubleKind::Busy(None) => format!("{service} is busy. Try again in a little while."),
        TroubleKind::Unreachable => {
            format!("{service} doesn't answer at the moment. Try again in a minute.")
        }
        TroubleKind::NoAnswer => {
            format!("{service} didn't answer in time. Ask for less, or try again in a minute.")
        }
        TroubleKind::BadAnswer => {
            format!("{service} gave an answer that can't be used. Its administrator should look.")
        }
        TroubleKind::Unknown => format!(
            "The change was sent to {service} and may have been carried out: \
             no answer that can be used came back. Look the record up before you try again."
        ),
        TroubleKind::NoToken => {
            format!("{service} needs your own sign-in, and this caller has none to pass on.")
        }
        TroubleKind::NoTokenFor(hindrance, what) => no_token_for(service, *hindrance, *what),
    }
}

fn no_token_for(service: &str, hindrance: Hindrance, what: Option<&'static str>) -> String {
    let what = what.map(|what| format!(" {what}")).unwrap_or_default();
    let (cannot, then) = match hindrance {
        Hindrance::Consent => (
            "can't be used in your name as yet.",
            "An administrator of your organisation has to consent to it in Microsoft Entra, once for \
             everybody. Then try again.",
        ),
        Hindrance::SignIn => (
            "can't be used with your present sign-in.",
            "Sign out of Osier in your assistant and sign in again, going through what Microsoft \
             Entra asks. If this comes back, ask an administrator of your organisation.",
        ),
        Hindrance::Policy => (
            "can't be used by you: Microsoft Entra doesn't allow it.",
            "Ask an administrator of your organisation.",
        ),
        Hindrance::Setup => (
            "can't be used in your name, because Osier isn't set up for it.",
            "Ask whoever runs Osier in your organisation.",
        ),
        Hindrance::Away => (
            "can't be used at the moment, because Microsoft Entra gives no token for it.",
            "Try again in a minute.",
        ),
    };
    // What Entra says of a set-up is for whoever runs Osier, who has it in the log.
    let what = if matches!(hindrance, Hindrance::Setup | Hindrance::Away) { "" } else { &what };
    format!("{service} {cannot}{what} {then}")
}

/// Hours and minutes, rounded down: a link that is said to work does.
fn time_of_day(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map(|time| time.format("%H:%M").to_string()).unwrap_or_default()
}

fn seconds(wait: Duration) -> String {
    match wait.as_secs().max(1) {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

//! `graphql`: a service that answers one query at a time, at one address, with `{data, errors}`
//! (GraphQL over HTTP). An answer of status 200 may still say that nothing was found out, or only a
//! part. The errors' texts stay here: they may tell what the caller may not see.

use serde_json::Value;

use crate::call::{Refusal, TroubleKind};
use crate::target::Reply;

use super::Errand;
use super::render::Filled;
use super::rest;
use super::transport::Transport;

/// Codes of errors that are logged.
const MAX_CODES: usize = 5;
/// A longer code is no code.
const MAX_CODE: usize = 40;

/// Sends a query; the reply's body is what stands under `data`.
pub(super) async fn read(
    service: &Transport,
    request: Filled,
    errand: &mut Errand<'_>,
) -> Result<Reply, Refusal> {
    let reply = rest::read(service, request, errand).await?;
    let status = reply.status;
    let (body, partial) = data(reply.body, service.name()).map_err(|kind| service.trouble(kind))?;
    Ok(Reply { body, etag: None, partial, status })
}

/// The data, and whether errors say that a part of it is missing.
fn data(mut answer: Value, service: &str) -> Result<(Value, bool), TroubleKind> {
    let errors = match answer.get("errors") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(errors)) => errors.iter().map(code).collect(),
        Some(_) => vec![None],
    };
    if !errors.is_empty() {
        let codes: Vec<&str> = errors.iter().flatten().take(MAX_CODES).copied().collect();
        tracing::warn!(service, errors = errors.len(), ?codes, "the answer has errors");
    }
    let first = errors.first().map(|code| code.unwrap_or_default().to_owned());
    let data = answer.get_mut("data").map(Value::take).unwrap_or_default();
    // Where every field that was asked for is null, nothing was found out.
    let holds = data.as_object().is_some_and(|fields| fields.values().any(|one| !one.is_null()));
    match first {
        None if data.is_object() => Ok((data, false)),
        Some(_) if holds => Ok((data, true)),
        Some(code) => Err(kind_of(&code)),
        None => Err(TroubleKind::BadAnswer),
    }
}

/// An error's code, if it has one that is a plain word.
fn code(error: &Value) -> Option<&str> {
    let code = error.pointer("/extensions/code")?.as_str()?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (code.len() <= MAX_CODE && code.chars().all(plain)).then_some(code)
}

/// What the codes mean that servers agree on.
fn kind_of(code: &str) -> TroubleKind {
    match code {
        "UNAUTHENTICATED" => TroubleKind::NotSignedIn,
        "FORBIDDEN" => TroubleKind::Forbidden,
        "NOT_FOUND" => TroubleKind::Gone,
        "BAD_USER_INPUT" => TroubleKind::Rejected(Vec::new()),
        "RATE_LIMITED" | "TOO_MANY_REQUESTS" => TroubleKind::Busy(None),
        _ => TroubleKind::BadAnswer,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trap_10_an_answer_of_200_with_errors_and_no_data_is_an_error() {
        let of = |answer: Value| data(answer, "x");
        assert_eq!(of(json!({"data": {"a": []}})), Ok((json!({"a": []}), false)));
        assert_eq!(of(json!({"data": {"a": []}, "errors": []})), Ok((json!({"a": []}), false)));
        let errors = |code: &str| json!([{"message": "secret", "extensions": {"code": code}}]);
        let some = json!({"a": [], "b": null});
        assert_eq!(of(json!({"data": some, "errors": errors("X")})), Ok((some, true)));
        for (code, kind) in [
            ("UNAUTHENTICATED", TroubleKind::NotSignedIn),
            ("INTERNAL_SERVER_ERROR", TroubleKind::BadAnswer),
            ("a secret", TroubleKind::BadAnswer),
        ] {
            for data in [Value::Null, json!({"a": null}), json!({})] {
                assert_eq!(of(json!({"data": data, "errors": errors(code)})), Err(kind.clone()));
            }
            assert_eq!(of(json!({"errors": errors(code)})), Err(kind));
        }
        for odd in [json!({}), json!([]), json!(null), json!({"data": 1}), json!({"errors": "x"})] {
            assert_eq!(of(odd), Err(TroubleKind::BadAnswer));
        }
    }
}

//! By what a client proves itself at the token endpoint (RFC 6749 §2.3): a
//! secret in the body or the header, an assertion, or nothing where it is public.

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;

use super::assertion;
use crate::demo::entra::Entra;
use crate::demo::entra::apps::App;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::parameters::Parameters;

/// A client that proved itself, or needn't.
pub(super) struct Client {
    pub(super) app: App,
    /// `azpacr`, in v1 `appidacr`: 0 not at all, 1 a secret, 2 a certificate or an assertion.
    pub(super) how: &'static str,
}

/// The client behind a request.
pub(super) fn authenticate(
    entra: &Entra,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Client, Failure> {
    let basic = basic(headers)?;
    let client_id = match (&basic, form.get("client_id")) {
        (Some((client_id, _)), _) => client_id.as_str(),
        (None, _) => form.required("client_id")?,
    };
    let app = entra.app(client_id).ok_or_else(|| Failure::unknown_app(client_id))?;
    let secret = basic.as_ref().map(|(_, secret)| secret.as_str()).or(form.get("client_secret"));
    let how = match (secret, form.get("client_assertion")) {
        (None, None) if app.public => "0",
        (None, None) => return Err(none_sent()),
        _ if app.public => return Err(public_with_credential(&app)),
        (Some(secret), None) => {
            check_secret(&app, secret)?;
            "1"
        }
        (None, Some(assertion)) => {
            assertion::check(entra, &app, form, assertion)?;
            "2"
        }
        (Some(_), Some(_)) => {
            let message = "The request has both 'client_assertion' and 'client_secret'.";
            return Err(Failure::new("invalid_request", 90023, message));
        }
    };
    Ok(Client { app, how })
}

/// `client_secret_basic`: both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Failure> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let decoded = BASE64.decode(encoded.trim().as_bytes()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (form_decoded(id), form_decoded(secret)))
    };
    let message = "The request contains an Authorization header that can't be read.";
    read().map(Some).ok_or_else(|| Failure::new("invalid_client", 90023, message))
}

fn form_decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn check_secret(app: &App, sent: &str) -> Result<(), Failure> {
    let id = &app.client_id;
    let mut known = app.secrets.iter().filter(|secret| secret.value == sent).peekable();
    if known.peek().is_none() {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the \
             client secret value, not the client secret ID, for a secret added to app '{id}'."
        );
        return Err(Failure::new("invalid_client", 7_000_215, message));
    }
    if known.all(|secret| secret.expired) {
        let message = format!(
            "The provided client secret keys for app '{id}' are expired. Visit the Azure portal to \
             create new keys for your app, or consider using certificate credentials for added \
             security."
        );
        return Err(Failure::new("invalid_client", 7_000_222, message));
    }
    Ok(())
}

fn none_sent() -> Failure {
    let message = "The request body must contain the following parameter: 'client_assertion' or \
                   'client_secret'.";
    Failure::new("invalid_client", 7_000_218, message)
}

fn public_with_credential(app: &App) -> Failure {
    let message = format!(
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented \
         ('{}').",
        app.client_id
    );
    Failure::new("invalid_client", 700_025, message)
}

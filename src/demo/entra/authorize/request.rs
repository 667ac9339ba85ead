//! An authorization request (RFC 6749 §4.1.1 with Entra's additions), checked in the order that
//! matters: until the client and its redirect URI are known, nobody is sent anywhere.

use url::Url;

use crate::demo::entra::Entra;
use crate::demo::entra::apps::App;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::grants::Challenge;
use crate::demo::entra::parameters::Parameters;
use crate::demo::entra::scopes::Asked;

/// Where the browser goes back to.
#[derive(Clone)]
pub(super) struct Return {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
}

impl Return {
    /// The redirect URI with these parameters and the state, after those that it has already.
    pub(super) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return self.redirect_uri.clone();
        };
        let mut query = url.query_pairs_mut();
        query.extend_pairs(parameters);
        query.extend_pairs(self.state.iter().map(|state| ("state", state)));
        drop(query);
        url.into()
    }
}

/// How much the person is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Whatever is needed.
    Usual,
    /// Nothing at all.
    None,
    /// To sign in again, session or not.
    SignIn,
    /// For consent, given or not.
    Consent,
}

/// A request that may be answered with a code.
pub(super) struct Request {
    pub(super) app: App,
    pub(super) back: Return,
    pub(super) asked: Asked,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
    pub(super) prompt: Prompt,
    pub(super) login_hint: Option<String>,
}

/// A request that may not.
pub(super) enum Refused {
    /// Nothing says that the redirect URI is the client's: the person reads it here.
    Here(Failure),
    /// The client is told.
    There(Box<(Return, Failure)>),
}

impl Refused {
    pub(super) fn there(back: Return, failure: Failure) -> Self {
        Self::There(Box::new((back, failure)))
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

impl Request {
    pub(super) fn read(entra: &Entra, query: &[u8]) -> Result<Self, Refused> {
        let parameters = Parameters::parse(query)?;
        let client_id = parameters.required("client_id")?;
        let app = entra.app(client_id).ok_or_else(|| Failure::unknown_app(client_id))?;
        let back = redirect(&app, &parameters)?;
        match rest(entra, app, back.clone(), &parameters) {
            Ok(request) => Ok(request),
            Err(failure) => Err(Refused::there(back, failure)),
        }
    }
}

fn redirect(app: &App, parameters: &Parameters) -> Result<Return, Failure> {
    let asked = parameters.required("redirect_uri")?;
    if !app.may_return_to(asked) {
        let message = format!(
            "The redirect URI '{asked}' specified in the request does not match the redirect URIs \
             configured for the application '{}'. Make sure the redirect URI sent in the request \
             matches one added to your application in the Azure portal.",
            app.client_id
        );
        return Err(Failure::new("invalid_request", 50011, message));
    }
    let state = parameters.get("state").map(str::to_owned);
    Ok(Return { redirect_uri: asked.to_owned(), state })
}

fn rest(
    entra: &Entra,
    app: App,
    back: Return,
    parameters: &Parameters,
) -> Result<Request, Failure> {
    let kind = parameters.required("response_type")?;
    if kind != "code" {
        let message = format!("response_type '{kind}' is not enabled for the application.");
        return Err(Failure::new("unsupported_response_type", 700_054, message));
    }
    if let Some(mode) = parameters.get("response_mode").filter(|mode| *mode != "query") {
        let message = format!("'{mode}' is not a supported value of 'response_mode'.");
        return Err(Failure::new("unsupported_response_mode", 70007, message));
    }
    let asked = entra.read_scope(parameters.required("scope")?, &app)?;
    entra.check_resource(parameters.get("resource"))?;
    Ok(Request {
        asked,
        challenge: challenge(parameters)?,
        nonce: parameters.get("nonce").map(str::to_owned),
        prompt: prompt(parameters)?,
        login_hint: parameters.get("login_hint").map(str::to_owned),
        app,
        back,
    })
}

fn challenge(parameters: &Parameters) -> Result<Option<Challenge>, Failure> {
    let Some(challenge) = parameters.get("code_challenge") else {
        return Ok(None);
    };
    // RFC 7636 §4.2: 43 to 128 characters.
    if !(43..=128).contains(&challenge.len()) {
        let message = "Invalid size of Code_Challenge parameter.";
        return Err(Failure::new("invalid_request", 501_491, message));
    }
    match parameters.get("code_challenge_method") {
        Some("S256") => Ok(Some(Challenge::S256(challenge.to_owned()))),
        None | Some("plain") => Ok(Some(Challenge::Plain(challenge.to_owned()))),
        Some(_) => {
            let message = "Invalid Code_Challenge_method parameter.";
            Err(Failure::new("invalid_request", 50_147, message))
        }
    }
}

fn prompt(parameters: &Parameters) -> Result<Prompt, Failure> {
    match parameters.get("prompt") {
        None => Ok(Prompt::Usual),
        Some("none") => Ok(Prompt::None),
        Some("login" | "select_account") => Ok(Prompt::SignIn),
        Some("consent") => Ok(Prompt::Consent),
        Some(other) => {
            let message = format!("'{other}' is not a supported value of 'prompt'.");
            Err(Failure::new("invalid_request", 90023, message))
        }
    }
}

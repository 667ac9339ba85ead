//! Why a token isn't let in, in words for whoever can mend it: the rejection says what, the token's own
//! claims say why.

use super::entra::span;
use super::report::shown;
use super::unverified::Unverified;
use super::words::api_id;
use crate::clock::Clock;
use crate::config::{Auth, Config, Identity};
use crate::identity::{Flaw, Rejection};

/// Microsoft Graph's application id and URI, the audience of whoever asked for no API's scope.
const GRAPH: [&str; 2] = ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"];

/// What is wrong, and how it is mended.
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) mend: String,
}

impl Verdict {
    fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}

pub(super) fn of(
    rejection: Rejection,
    token: &Unverified,
    config: &Config,
    clock: &Clock,
) -> Verdict {
    let identity = &config.identity;
    match rejection {
        Rejection::Token(flaw) => of_flaw(flaw, token, config, clock),
        Rejection::ScopeMissing => scope(token, config),
        Rejection::RoleMissing => role(token, config),
        Rejection::AppOnly => Verdict::new(
            "it is an application's own, without a person",
            "let a person sign in; or set identity.allow_app_only = true, and such tokens may read",
        ),
        Rejection::ClientNotAllowed => {
            let client = token.text("azp").or(token.text("appid")).unwrap_or("-");
            let client = shown(client);
            let what = format!("its client {client} isn't in identity.allowed_clients");
            Verdict::new(
                what,
                format!("add \"{client}\" to identity.allowed_clients, if it may come"),
            )
        }
        Rejection::KeysUnavailable(_) => {
            Verdict::new("it can't be judged without Entra's keys", "see discovery and keys")
        }
        Rejection::NoCredentials | Rejection::SeveralCredentials => Verdict::new(
            "the file holds no single token",
            format!("give one access token for {}", identity.audience),
        ),
    }
}

fn of_flaw(flaw: Flaw, token: &Unverified, config: &Config, clock: &Clock) -> Verdict {
    let identity = &config.identity;
    let now = clock.unix_seconds();
    match flaw {
        Flaw::HeaderMember if token.header_has("nonce") => graph(config),
        Flaw::Issuer if is_v1(token, identity) => v1(config),
        Flaw::Issuer if is_of_another_tenant(token, identity) => tenant(token, identity),
        Flaw::Tenant => tenant(token, identity),
        Flaw::Issuer => Verdict::new(
            format!("its issuer {} isn't that of the discovery document", token.shown("iss")),
            "compare it with the line `discovery`; the token must come from the tenant and the cloud of \
             identity.discovery_url",
        ),
        Flaw::Audience => audience(token, config),
        Flaw::Policy => Verdict::new(
            format!(
                "its user flow (tfp {}, acr {}) isn't in identity.policies",
                token.shown("tfp"),
                token.shown("acr")
            ),
            "add the flow to identity.policies, or sign in by one that is there",
        ),
        Flaw::Expired => {
            let ago = now.saturating_sub(token.time("exp").unwrap_or(now));
            Verdict::new(
                format!("it expired {} ago", span(ago)),
                "get a new one; if it is new, see clock",
            )
        }
        Flaw::NotYet | Flaw::IssuedLater => {
            let from = token.time("nbf").max(token.time("iat")).unwrap_or(now);
            let what = format!("it only holds in {}", span(from.saturating_sub(now)));
            Verdict::new(what, "one of the two clocks is wrong: see clock")
        }
        Flaw::UnknownKey | Flaw::Signature => Verdict::new(
            format!("{flaw}: Entra's keys of this tenant didn't sign it as it stands"),
            "give the token unaltered. Where it is, the API has signing keys of its own: take its claims \
             mapping out (Enterprise applications > the API's > Single sign-on)",
        ),
        Flaw::IdToken => Verdict::new(
            "it is an ID token",
            "give the access token; the client must ask for a scope of the API, not for openid alone",
        ),
        other => Verdict::new(
            format!("it isn't an access token of Entra's: {other}"),
            "give the access token that a client gets for the API, unaltered",
        ),
    }
}

fn is_v1(token: &Unverified, identity: &Identity) -> bool {
    let issuer = token.text("iss").unwrap_or_default();
    let ours = token.text("tid").is_none_or(|tenant| tenant == identity.tenant_id);
    // B2C writes "1.0" into all of its tokens.
    let old = token.text("ver") == Some("1.0") && identity.policies.is_empty();
    ours && (old || issuer.starts_with("https://sts."))
}

fn v1(config: &Config) -> Verdict {
    let api = api_id(config);
    Verdict::new(
        "it is a v1 token: the API's registration asks for no v2",
        format!(
            "Entra admin center > App registrations > the API's > Manifest: \
             api.requestedAccessTokenVersion = 2. By command: az ad app update --id {api} \
             --requested-access-token-version 2. If that can't be: identity.accept_v1 = true"
        ),
    )
}

fn is_of_another_tenant(token: &Unverified, identity: &Identity) -> bool {
    token.text("tid").is_some_and(|tenant| tenant != identity.tenant_id)
}

fn tenant(token: &Unverified, identity: &Identity) -> Verdict {
    let ours = &identity.tenant_id;
    Verdict::new(
        format!("it is of another tenant, {}", token.shown("tid")),
        format!(
            "sign in with an account of {ours}, at that tenant's own pages and not at those of \
             common or organizations (az login --tenant {ours}); or mend identity.tenant_id and \
             identity.discovery_url"
        ),
    )
}

fn graph(config: &Config) -> Verdict {
    Verdict::new(
        "it is for Microsoft Graph, which alone can verify it",
        format!("the client must ask for {}, in full", asked(config)),
    )
}

fn audience(token: &Unverified, config: &Config) -> Verdict {
    let theirs = token.text("aud").unwrap_or_default();
    if GRAPH.contains(&theirs.trim_end_matches('/')) {
        return Verdict::new(
            format!("it is for another audience: Microsoft Graph ({})", shown(theirs)),
            format!(
                "the client must ask for {}, in full: a bare scope means Graph's",
                asked(config)
            ),
        );
    }
    let ours = &config.identity.audience;
    let uri = theirs.strip_prefix("api://").map(|rest| rest.trim_end_matches('/'));
    if uri == Some(ours.as_str()) {
        return v1(config);
    }
    Verdict::new(
        format!("it is for another audience, {}, and not for {ours}", token.shown("aud")),
        format!(
            "the client must ask for {}; or, if that is the API's application id, set \
             identity.audience to it (Entra admin center > App registrations > the API's > Overview)",
            asked(config)
        ),
    )
}

/// The scope in full, as it is asked for.
fn asked(config: &Config) -> String {
    let identity = &config.identity;
    match &config.auth {
        Auth::Facade(facade) => facade.upstream_scope.clone(),
        Auth::Direct(_) => format!("api://{}/{}", identity.audience, identity.scope),
    }
}

fn scope(token: &Unverified, config: &Config) -> Verdict {
    let (wanted, api) = (&config.identity.scope, api_id(config));
    let client = token.text("azp").or(token.text("appid")).map_or("<client>".to_owned(), shown);
    let what = format!(
        "it lacks the scope {wanted} (scp {}, roles {}; identity.require is \"{}\")",
        token.shown("scp"),
        token.shown("roles"),
        format!("{:?}", config.identity.require).to_lowercase()
    );
    Verdict::new(
        what,
        format!(
            "the client must ask for {}. Entra admin center > App registrations > the API's > Expose an \
             API: there must be the scope {wanted}; > the client's > API permissions: add it and grant \
             consent. By command: az ad app permission add --id {client} --api {api} \
             --api-permissions <scope id>=Scope; az ad app permission admin-consent --id {client}",
            asked(config)
        ),
    )
}

fn role(token: &Unverified, config: &Config) -> Verdict {
    let (wanted, api) = (&config.identity.role, api_id(config));
    let person = token.text("oid").map_or("<object id>".to_owned(), shown);
    Verdict::new(
        format!("it lacks the app role {wanted} (roles {})", token.shown("roles")),
        format!(
            "Entra admin center > App registrations > the API's > App roles: there must be one with the \
             value {wanted}, for users; Enterprise applications > the API's > Users and groups > Add \
             user/group: give it to the person, who then signs in again. By command: az rest --method \
             POST --url \"https://graph.microsoft.com/v1.0/servicePrincipals(appId='{api}')/\
             appRoleAssignedTo\" --body '{{\"principalId\":\"{person}\",\"resourceId\":\"<id>\",\
             \"appRoleId\":\"<role id>\"}}', with both from az ad sp show --id {api} --query \
             \"[id,appRoles]\""
        ),
    )
}

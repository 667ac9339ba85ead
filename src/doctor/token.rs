//! A person's token: judged as the server judges it, then taken apart to say what made it so.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;

use super::entra::span;
use super::report::{Report, shown};
use super::unverified::Unverified;
use super::words::{api_id, mend};
use super::{Bench, Given, verdict};
use crate::aadsts;
use crate::identity::{Identity, Principal};

/// The token's person, where it is a good one.
pub(super) async fn examine(
    bench: &Bench<'_>,
    given: Option<&Given>,
    report: &mut Report,
) -> Option<Arc<Identity>> {
    let token = match given {
        None => {
            report.skipped("token", "none was given; osier doctor --token FILE judges one");
            return None;
        }
        Some(Given::IdToken) => {
            let mend =
                "ask for a scope of the API as well, and give the access_token of the answer";
            report.fault("token", "the file holds an ID token and no access token", mend);
            return None;
        }
        Some(Given::Refusal(code)) => {
            refusal(bench, *code, report);
            return None;
        }
        Some(Given::Token(token)) => token.expose_secret(),
    };
    let unverified = Unverified::of(token);
    if unverified.as_ref().is_some_and(Unverified::has_group_overage) {
        overage(bench, report);
    }
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let headers = value.map(|value| HeaderMap::from_iter([(AUTHORIZATION, value)]));
    let (Some(unverified), Ok(headers)) = (unverified, headers) else {
        let mend = "give an access token: three parts in base64url with dots between them";
        report.fault("token", "the file holds no signed token", mend);
        return None;
    };
    match bench.authenticator.authenticate(&headers).await {
        Ok(identity) => {
            let (kind, client) = (kind(&identity), unverified.shown("azp"));
            let left = identity.expires_at().saturating_sub(bench.clock.unix_seconds());
            let (who, left) = (shown(identity.subject()), span(left));
            report.ok("token", format!("good: {kind} {who}, client {client}, for {left} more"));
            Some(identity)
        }
        Err(rejection) => {
            let verdict = verdict::of(rejection, &unverified, bench.config, &bench.clock);
            report.fault("token", verdict.what, verdict.mend);
            None
        }
    }
}

fn kind(identity: &Identity) -> &'static str {
    match identity.principal() {
        Principal::Person => "the person",
        Principal::App => "the application",
    }
}

fn refusal(bench: &Bench<'_>, code: u32, report: &mut Report) {
    let Some(meaning) = aadsts::meaning(code) else {
        let mend = format!("https://login.microsoftonline.com/error?code={code}");
        return report.fault(
            "token",
            format!("there is none: Entra refused with AADSTS{code}"),
            mend,
        );
    };
    let what = format!("there is none: AADSTS{code}: {}", meaning.what);
    report.fault("token", what, mend(&meaning, bench.config));
}

fn overage(bench: &Bench<'_>, report: &mut Report) {
    let api = api_id(bench.config);
    let mend = format!(
        "Entra admin center > App registrations > the API's > Token configuration: let the groups claim \
         name only the groups assigned to the application, or take it out and use app roles. By \
         command: az ad app update --id {api} --set groupMembershipClaims=ApplicationGroup"
    );
    let what = "the person is in too many groups for a token to name (_claim_names): whatever decides \
                by `groups` sees none. Osier itself doesn't read them";
    report.fault("groups", what, mend);
}

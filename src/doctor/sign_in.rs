//! Our registration, as far as it can be seen without a person: the credential at the token endpoint,
//! the redirect address at the authorize page.

use std::sync::Arc;

use super::Bench;
use super::report::Report;
use super::words::mend;
use crate::config::{Auth, Credential, Facade};
use crate::oauth::upstream::{EntraFault, Landing, Upstream};

/// An application asked for itself and has no role: its credential was good.
const NO_ROLE_OF_ITS_OWN: u32 = 501_051;

pub(super) async fn examine(bench: &Bench<'_>, report: &mut Report) {
    let Auth::Facade(facade) = &bench.config.auth else {
        report.skipped(
            "credential",
            "auth.mode is \"direct\": Osier has no registration to sign in with",
        );
        return report.skipped("redirect", "auth.mode is \"direct\"");
    };
    let callback = bench.config.server.public_url.join("/oauth/callback");
    let Ok(callback) = callback else {
        return report.fault("redirect", "server.public_url has no path below it", "mend it");
    };
    let keys = Arc::clone(&bench.authenticator);
    match Upstream::new(facade, &callback, keys, bench.clock.clone()) {
        Ok(upstream) => {
            credential(bench, facade, &upstream, report).await;
            redirect(bench, callback.as_str(), &upstream, report).await;
        }
        Err(unfit) => {
            let mend = "see auth.certificate_file and auth.certificate_key_file";
            report.fault("credential", unfit.to_string(), mend);
            report.skipped("redirect", "without a credential nobody can sign in");
        }
    }
}

async fn credential(bench: &Bench<'_>, facade: &Facade, upstream: &Upstream, report: &mut Report) {
    let kind = match facade.credential {
        Credential::Secret(_) => "client secret",
        Credential::Certificate(_) => "certificate",
        Credential::FederatedFile(_) => "federated token",
        Credential::ManagedIdentity(_) => "managed identity",
    };
    let good = format!("Entra takes the {kind} of {}", facade.client_id);
    match upstream.probe_credential().await {
        Ok(()) => report.ok("credential", good),
        Err(fault) if fault.said().aadsts == Some(NO_ROLE_OF_ITS_OWN) => {
            report.ok("credential", good);
        }
        Err(fault) => told("credential", &fault, bench, report),
    }
}

async fn redirect(bench: &Bench<'_>, callback: &str, upstream: &Upstream, report: &mut Report) {
    match upstream.probe_redirect().await {
        Ok(Landing::Known) => report.ok("redirect", format!("{callback} is registered")),
        Ok(Landing::Unclear) => report.skipped(
            "redirect",
            "Entra's page doesn't say without a person; who signs in and reads AADSTS50011 knows \
             that it isn't registered",
        ),
        Err(fault) => told("redirect", &fault, bench, report),
    }
}

/// Says what Entra's refusal means and how it is mended.
pub(super) fn told(check: &str, fault: &EntraFault, bench: &Bench<'_>, report: &mut Report) {
    match (fault.meaning(), fault) {
        (Some(meaning), EntraFault::Misconfigured(said)) => {
            report.fault(check, format!("{} ({said})", meaning.what), mend(&meaning, bench.config));
        }
        (Some(meaning), _) => {
            report.warning(
                check,
                format!("{} ({fault})", meaning.what),
                mend(&meaning, bench.config),
            );
        }
        (None, EntraFault::Unavailable(said)) => {
            let mend =
                "let this machine reach Entra's endpoints at the origin of identity.discovery_url";
            report.fault(check, said.to_string(), mend);
        }
        (None, EntraFault::Misconfigured(said)) if said.why.is_some() => {
            report.fault(check, said.to_string(), "see the keys of [auth]");
        }
        (None, _) => {
            let mend = "Entra admin center > Sign-in logs > Service principal sign-ins tells more, by \
                        the correlation id";
            report.warning(check, fault.to_string(), mend);
        }
    }
}

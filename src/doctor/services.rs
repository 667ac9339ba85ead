//! The permission service and the backends. A token goes to the permission service alone, and only one
//! that the server would send there too.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use secrecy::ExposeSecret as _;
use url::Url;
use uuid::Uuid;

use super::Bench;
use super::report::Report;
use super::sign_in::told;
use super::words::cause;
use crate::access::{Assignments, ClaimRules, Freshness, Subject};
use crate::app;
use crate::config::{self, Adapter, HttpAdapter, OutgoingToken};
use crate::entra::{Grant, TokenEndpoint};
use crate::identity::{Groups, Identity};
use crate::outbound::{self, Limits, Reach};

const PERMISSIONS: &str = "permissions";

/// The permission source.
pub(super) async fn permissions(
    bench: &Bench<'_>,
    identity: Option<&Arc<Identity>>,
    report: &mut Report,
) {
    match &bench.config.access.adapter {
        Adapter::Http(http) => service(bench, http, identity, report).await,
        Adapter::File(path) => file(path, |text| Assignments::from_yaml(text).map(drop), report),
        Adapter::Claims(path) => file(path, |text| ClaimRules::from_yaml(text).map(drop), report),
        Adapter::OpenFga(openfga) => asked(bench, &openfga.service, identity, report).await,
        Adapter::AuthZen(authzen) => asked(bench, &authzen.service, identity, report).await,
    }
}

fn file(path: &Path, parse: impl Fn(&str) -> Result<(), Vec<String>>, report: &mut Report) {
    let text = std::fs::read_to_string(path).map_err(|error| vec![error.to_string()]);
    match text.and_then(|text| parse(&text)) {
        Ok(()) => report.ok(PERMISSIONS, format!("{} can be read", path.display())),
        Err(problems) => {
            let what = format!("{}: {}", path.display(), problems.join("; "));
            report.fault(PERMISSIONS, what, "mend the file that access.file names");
        }
    }
}

/// A source that is asked about people by their id: about the token's person, or about nobody.
async fn asked(
    bench: &Bench<'_>,
    service: &config::Service,
    identity: Option<&Arc<Identity>>,
    report: &mut Report,
) {
    let url = &service.url;
    let known = app::definitions(&bench.config.tools).map(|catalog| app::known(&catalog));
    let access = match app::access(&bench.config.access, known.unwrap_or_default(), &bench.clock) {
        Ok(access) => access,
        Err(error) => return report.fault(PERMISSIONS, error.to_string(), "see [access]"),
    };
    let nobody = Groups::default();
    let (id, tenant) = (Uuid::nil().to_string(), &bench.config.identity.tenant_id);
    let nobody = Subject { tenant, oid: &id, bearer: None, roles: &[], groups: &nobody };
    let who = identity.map_or(nobody, |identity| Subject::of(identity));
    match access.look_up(&who).await {
        Ok(_) => report.ok(PERMISSIONS, format!("{url} answers")),
        Err(error) => report.fault(
            PERMISSIONS,
            format!("{url}: {}; nobody may do anything meanwhile", error.why()),
            "compare [access] with the service and docs/PERMISSIONS.md",
        ),
    }
}

async fn service(
    bench: &Bench<'_>,
    http: &HttpAdapter,
    identity: Option<&Arc<Identity>>,
    report: &mut Report,
) {
    let url = &http.url;
    let bearer = identity.and_then(|identity| identity.bearer());
    let answer = match client(http.timeout, http.allow_private_network) {
        Ok(client) => {
            let request = client.get(url.clone());
            let request = match bearer {
                Some(token) => request.bearer_auth(token.expose_secret()),
                None => request,
            };
            request.send().await
        }
        Err(error) => Err(error),
    };
    let status = match answer {
        Ok(answer) => answer.status(),
        Err(error) => {
            let what = format!("{url} can't be reached: {}", cause(&error));
            return report.fault(PERMISSIONS, what, reach("access"));
        }
    };
    match (identity, status) {
        (_, status) if status.is_server_error() => report.fault(
            PERMISSIONS,
            format!("{url} answers {status}; nobody may do anything meanwhile"),
            "look at that service's own log",
        ),
        (_, StatusCode::NOT_FOUND) => report.fault(
            PERMISSIONS,
            format!("{url} answers 404"),
            "compare access.url and access.path with the service",
        ),
        (None, status) => {
            report.ok(PERMISSIONS, format!("{url} answers ({} without a token)", status.as_u16()));
        }
        (Some(identity), StatusCode::OK) => answered(bench, identity, url, report).await,
        (Some(_), StatusCode::FORBIDDEN) => report.fault(
            PERMISSIONS,
            format!("{url} answers 403: it doesn't let this person see their own permissions, so they \
                     may do nothing"),
            "let the permission service know the person, or let everybody of the tenant ask for their \
             own permissions there",
        ),
        (Some(_), StatusCode::UNAUTHORIZED) => report.fault(
            PERMISSIONS,
            format!("{url} answers 401: it doesn't take the token that Osier takes"),
            "the permission service must take tokens of the same tenant with the audience \
             identity.audience",
        ),
        (Some(_), status) => report.fault(
            PERMISSIONS,
            format!("{url} answers {status} to a good token"),
            "the permission service must answer 200 with the caller's permissions",
        ),
    }
}

/// Read as the server reads it.
async fn answered(bench: &Bench<'_>, identity: &Arc<Identity>, url: &Url, report: &mut Report) {
    let access = app::access(&bench.config.access, BTreeSet::new(), &bench.clock);
    let read = match &access {
        Ok(access) => access.snapshot(identity, Freshness::Now).await.is_ok(),
        Err(_) => false,
    };
    if read {
        return report.ok(PERMISSIONS, format!("{url} answers for this person"));
    }
    let what = format!("{url} answers 200, but not with this person's permissions");
    report.fault(
        PERMISSIONS,
        what,
        "compare its answer with access.fields and docs/PERMISSIONS.md",
    );
}

/// Each service that the settings name, without a token; where Entra has to give one in the person's
/// name, whether it does.
pub(super) async fn backends(
    bench: &Bench<'_>,
    identity: Option<&Arc<Identity>>,
    report: &mut Report,
) {
    for (name, backend) in &bench.config.backends {
        let Some(rest) = backend.http() else { continue };
        let check = format!("backend {name}");
        let url = &rest.base_url;
        let answer = match client(rest.deadline, rest.allow_private_network) {
            Ok(client) => client.get(url.clone()).send().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) if answer.status().is_server_error() => report.warning(
                &check,
                format!("{url} answers {} without a token", answer.status()),
                "look at that service's own log",
            ),
            Ok(answer) => {
                report.ok(
                    &check,
                    format!("{url} answers ({} without a token)", answer.status().as_u16()),
                );
            }
            Err(error) => {
                let what = format!("{url} can't be reached: {}", cause(&error));
                report.fault(&check, what, reach(&format!("backends.{name}")));
            }
        }
        if let OutgoingToken::OnBehalfOf { scope } = &rest.token {
            on_behalf(bench, &format!("token for {name}"), scope, identity, report).await;
        }
    }
}

/// Asks Entra as the server does, and throws the token away.
async fn on_behalf(
    bench: &Bench<'_>,
    check: &str,
    scope: &str,
    identity: Option<&Arc<Identity>>,
    report: &mut Report,
) {
    if report.has_fault("credential") {
        return report.skipped(check, "it is asked for with the credential above");
    }
    let Some(sent) = identity.and_then(|identity| identity.bearer()) else {
        return report.skipped(check, "give --token: it is had in a person's name only");
    };
    let Some((client_id, credential)) = bench.config.auth.registration() else { return };
    let keys = Arc::clone(&bench.authenticator);
    let endpoint = TokenEndpoint::new(client_id, credential, keys, bench.clock.clone());
    match endpoint {
        Ok(endpoint) => match endpoint.ask(Grant::OnBehalf { assertion: sent, scope }).await {
            Ok(_) => report.ok(check, format!("Entra gives this person a token of {scope}")),
            Err(fault) => told(check, &fault, bench, report),
        },
        Err(unfit) => {
            let mend = "see auth.certificate_file and auth.certificate_key_file";
            report.fault(check, unfit.to_string(), mend);
        }
    }
}

fn reach(section: &str) -> String {
    format!(
        "check the address in [{section}], that this machine may reach it (DNS, firewall; Osier uses no \
         proxy) and trusts its certificate; a private address needs allow_private_network = true there"
    )
}

fn client(within: Duration, private: bool) -> Result<reqwest::Client, reqwest::Error> {
    let nearest = if private { Reach::Private } else { Reach::Public };
    outbound::client(&Limits::calls(within.min(Duration::from_secs(10)), nearest))
}

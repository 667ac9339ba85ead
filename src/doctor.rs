//! `osier doctor`: reaches everything that a deployment leans on, judges a token if one is given, and
//! says of each fault which setting mends it. The command line calls it. It writes nothing anywhere,
//! sends a token only where the server would, and never prints one.

mod entra;
mod explain;
mod given;
mod report;
mod services;
mod sign_in;
mod store;
mod token;
mod unverified;
mod verdict;
mod words;

use std::sync::Arc;

use anyhow::Context as _;

use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::identity::Authenticator;
use crate::outbound::{self, Limits};

pub use explain::explain;
pub use given::Given;
pub use report::{Finding, Report, State};

/// What every check needs.
struct Bench<'a> {
    config: &'a Config,
    clock: Clock,
    /// For small public documents.
    http: reqwest::Client,
    /// Judges as the server does.
    authenticator: Arc<Authenticator>,
}

/// Examines a deployment, and a token of a person's if there is one.
///
/// # Errors
/// Where the machine doesn't do its part. Faults of the deployment are in the report.
pub async fn examine(
    config: &Config,
    given: Option<&Given>,
    clock: Clock,
) -> anyhow::Result<Report> {
    let http = outbound::client(&Limits::documents()).context("the HTTP client")?;
    let settings = app::identity_settings(&config.identity);
    let authenticator = Arc::new(Authenticator::new(settings, http.clone(), clock.clone()));
    let bench = Bench { config, clock, http, authenticator };
    let mut report = Report::default();
    // What a later check leans on comes first.
    entra::examine(&bench, &mut report).await;
    sign_in::examine(&bench, &mut report).await;
    let identity = token::examine(&bench, given, &mut report).await;
    services::permissions(&bench, identity.as_ref(), &mut report).await;
    services::backends(&bench, identity.as_ref(), &mut report).await;
    store::examine(&bench, &mut report).await;
    Ok(report)
}

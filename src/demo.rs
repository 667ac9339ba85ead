//! Everything that the demo and the tests need around Osier: a look-alike of Entra ID, an
//! authorisation service, SiteCore and WorkflowCore with data, and the people who use them.
//! `osier demo` starts it beside the real server; tests start it on port 0. One implementation.
//! It must never listen beyond loopback, and nothing outside `demo`, the CLI and tests names it.

mod activate;
mod authz;
mod banner;
mod bearer;
mod claims;
mod command;
mod entra;
mod fields;
mod idempotency;
mod insightcore;
mod keys;
mod livedata;
mod paging;
mod people;
mod problem;
mod relay;
mod search;
mod services;
mod sitecore;
mod token;
pub(crate) mod twins;
mod wire;
mod workflowcore;
mod world;

use anyhow::{Context, anyhow};
use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::world::World;
use crate::access::Assignments;
use crate::clock::Clock;

pub use self::authz::{Authz, PERMISSIONS_PATH};
pub use self::banner::banner;
pub use self::command::{run, settings};
pub use self::entra::{App, Endpoint, Entra, Federated, Obstacle, Policy, Secret, sign_in};
pub use self::livedata::FaultSpells;
pub use self::people::{
    ANA, API_CLIENT_ID, ASSIGNMENTS, BEN, CHLOE, CLI_CLIENT_ID, CLIENT_SECRET, DAN, ERIN, FINN,
    PASSWORD, PEOPLE, Person, SCOPE, SNOWFLAKE_AUDIENCE, TENANT_ID, TWINS_AUDIENCE, person,
};
pub use self::relay::Relay;
pub use self::services::{InsightRecords, Services, SiteRecords, Whereabouts};
pub use self::token::token;
pub use self::twins::{
    TWIN_BETWEEN_SITES, TWIN_WITH_QUOTES, TWINS_FED_FROM_ELSEWHERE, TWINS_IN_A_CYCLE,
};
pub use self::wire::{Fault, Recorded, Wire};
pub use self::world::{
    FINN_LEVEL, INSIGHT_WITHOUT_SITE, PORTFOLIO_NORTH, PORTFOLIO_SOUTH, SITE_3LW, SITE_8KP,
    SITE_12H, SITE_60M, SITES, TICKET_WITH_EMAIL, TICKET_WITHOUT_SITE, canary,
};

/// How the surroundings behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time of tokens, caches and records.
    pub clock: Clock,
    /// Do the sample services fence by the person themselves? A test can switch it later.
    pub strict: bool,
    /// Which world is generated. Ids of places and people don't depend on it.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Clock::System, strict: true, seed: 1 }
    }
}

/// The running look-alike and services. They stop when this is dropped.
pub struct Surroundings {
    entra: Entra,
    services: Services,
    _stop: DropGuard,
}

impl Surroundings {
    /// Starts both servers on these listeners. Needs a tokio runtime; makes an RSA key the first
    /// time in a process.
    pub async fn start(
        entra_listener: TcpListener,
        services_listener: TcpListener,
        options: Options,
    ) -> anyhow::Result<Self> {
        let entra_url = loopback_url(&entra_listener)?;
        let services_url = loopback_url(&services_listener)?;
        let (clock, seed) = (options.clock.clone(), options.seed);
        // The key and the data take some tenths of a second each in a debug build.
        let entra = spawn_blocking(move || Entra::new(entra_url, clock));
        let now = options.clock.now();
        let world = spawn_blocking(move || World::generate(seed, now));
        let (entra, world) = tokio::try_join!(entra, world).context("the demo's start")?;
        let entra = entra?;
        let assignments = Assignments::from_yaml(ASSIGNMENTS)
            .map_err(|problems| anyhow!("the demo's assignments: {}", problems.join("; ")))?;
        let Options { clock, strict, .. } = options;
        let services =
            Services::new(services_url, clock, entra.clone(), assignments, world, strict);
        let stop = CancellationToken::new();
        spawn(entra_listener, entra.router(), stop.clone());
        spawn(services_listener, services.router(), stop.clone());
        Ok(Self { entra, services, _stop: stop.drop_guard() })
    }

    /// Starts on free ports of 127.0.0.1, as tests do.
    pub async fn start_anywhere(options: Options) -> anyhow::Result<Self> {
        let free = || TcpListener::bind(("127.0.0.1", 0));
        Self::start(free().await?, free().await?, options).await
    }

    /// The Entra look-alike.
    pub fn entra(&self) -> &Entra {
        &self.entra
    }

    /// SiteCore and WorkflowCore, and all that came over the services' wire.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The authorisation service.
    pub fn authz(&self) -> &Authz {
        self.services.authz()
    }
}

/// The look-alike hands out tokens to anybody who knows the word 'demo', so it refuses to be
/// reached from elsewhere.
fn loopback_url(listener: &TcpListener) -> anyhow::Result<String> {
    let address = listener.local_addr().context("the address of a demo listener")?;
    anyhow::ensure!(address.ip().is_loopback(), "the demo listens on loopback only, not {address}");
    Ok(format!("http://{address}"))
}

fn spawn(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let listener = listener.tap_io(|stream| {
        // Without it, an answer in two writes waits for the other side's delayed ACK.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY couldn't be set");
        }
    });
    tokio::spawn(async move {
        let server = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = server.await {
            tracing::error!(%error, "a demo server ended");
        }
    });
}

#[cfg(test)]
mod tests;

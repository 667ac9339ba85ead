//! The demo with a relay in front of each service, and Osier before them: all in this process, on free
//! ports of 127.0.0.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use osier::app::{Live, Means, assemble, definitions, serve};
use osier::audit::Sink;
use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::demo::{Options, Relay, Surroundings, person};
use osier::outbound::{self, Limits, Reach};
use osier::seal::random_bytes;
use osier::store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::caller::Caller;

const SETTINGS: &str = include_str!("../../../config/demo.toml");

/// Shorter than the defaults, so that a round sees a service time out, be left alone and come back.
const BOUNDS: [(&str, &str); 2] = [("DEADLINE_MS", "2000"), ("OPEN_MS", "500")];

/// Everything that runs. It stops when it is dropped.
pub(crate) struct World {
    pub(crate) around: Surroundings,
    /// Each with the path below which its service lies.
    relays: BTreeMap<String, (Relay, String)>,
    url: String,
    http: reqwest::Client,
    _stop: DropGuard,
}

impl World {
    /// Starts it.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let around = Surroundings::start_anywhere(Options::default()).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let services = around.services().sitecore_url().replace("/sitecore", "");
        let text = SETTINGS
            .replace("127.0.0.1:8080", &address.to_string())
            .replace("http://127.0.0.1:8081", around.entra().base_url())
            .replace("http://127.0.0.1:8082", &services);
        let key = data_encoding::BASE64.encode(&random_bytes::<32>()?);
        let mut environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
        // More often than a person calls.
        for of in ["PERSON", "TOOL", "OVERALL"] {
            environment = environment.with(format!("OSIER_LIMITS__{of}_PER_SECOND"), "0");
        }
        let first = Config::parse("demo.toml", &text, &environment)?;
        let mut relays = BTreeMap::new();
        for (name, backend) in &first.backends {
            let Some(service) = backend.http() else { continue };
            let relay = Relay::open().await?;
            relay.lead_to(&services)?;
            let section = format!("OSIER_BACKENDS__{}__", name.to_uppercase());
            let url = format!("{}{}", relay.url(), service.base_url.path());
            environment = environment.with(format!("{section}BASE_URL"), url);
            for (key, value) in BOUNDS {
                environment = environment.with(format!("{section}{key}"), value);
            }
            relays.insert(name.clone(), (relay, service.base_url.path().to_owned()));
        }
        let config = Config::parse("demo.toml", &text, &environment)?;
        let clock = Clock::System;
        let store = Store::open(&config.store.location, clock.clone()).await?;
        let (audit, _) = Sink::to(std::io::sink(), osier::audit::Terms::default());
        let catalog = definitions(&config.tools).map_err(|all| {
            anyhow::anyhow!(all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let mut assembly = assemble(&config, catalog, Means { clock, audit, store })?;
        let stop = CancellationToken::new();
        let (keys, stopped) = (Arc::clone(&assembly.authenticator), stop.clone());
        tokio::spawn(async move { keys.run(stopped).await });
        let app = assembly.app.take().context("an assembly is served once")?;
        tokio::spawn(serve(listener, Live::new(app), None, stop.clone()));
        let http = outbound::client(&Limits::calls(super::caller::PATIENCE, Reach::Private))?;
        let url = format!("http://{address}/mcp");
        Ok(Self { around, relays, url, http, _stop: stop.drop_guard() })
    }

    /// The services of which a call is known.
    pub(crate) fn services(&self) -> Vec<String> {
        let known = |name: &&String| super::caller::call_of(name).is_some();
        self.relays.keys().filter(known).cloned().collect()
    }

    /// The path of a service at the demo's server.
    pub(crate) fn path(&self, service: &str) -> anyhow::Result<String> {
        let (_, path) = self.relays.get(service).with_context(|| nobody(service))?;
        Ok(path.clone())
    }

    /// The port in front of a service.
    pub(crate) fn relay(&mut self, service: &str) -> anyhow::Result<&mut Relay> {
        let (relay, _) = self.relays.get_mut(service).with_context(|| nobody(service))?;
        Ok(relay)
    }

    /// Somebody who may everything.
    pub(crate) fn caller(&self) -> anyhow::Result<Caller> {
        let ana = person("ana").context("nobody is called ana")?;
        let token = self.around.entra().token(ana);
        Ok(Caller::new(self.http.clone(), self.url.clone(), token))
    }
}

fn nobody(service: &str) -> String {
    format!("there is no service {service}")
}

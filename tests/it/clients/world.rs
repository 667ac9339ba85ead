//! Clients as a server has them, around a site of documents, with the door `/register` before them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::oauth::client::{Client, ClientFault, Clients};
use osier::oauth::register;
use osier::outbound::{self, Fetcher, Limits, Network, Reach};
use osier::seal::KeyRing;
use serde_json::Value;
use tokio::net::TcpListener;

use super::site::{Names, Site};

/// An exact line of the list.
pub(crate) const APP: &str = "https://client.example/app.json";
/// A public address; connections to it end up at the site.
pub(crate) const PUBLIC: &str = "8.8.8.8";
/// Who asks, unless the test says otherwise.
pub(crate) const SOMEBODY: &str = "192.0.2.1";

pub(crate) struct World {
    pub(crate) clients: Arc<Clients>,
    pub(crate) site: Site,
    pub(crate) names: Arc<Names>,
    pub(crate) clock: Clock,
    /// `http://127.0.0.1:PORT` of the door.
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    /// Connections to addresses that nobody may be sent to.
    pub(crate) trapped: Arc<Mutex<usize>>,
}

/// How a world differs from the usual one.
pub(crate) struct Setup {
    pub(crate) settings: Vec<(&'static str, String)>,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Clock,
    /// Addresses whose connections end up in the trap.
    pub(crate) trapped: Vec<IpAddr>,
}

impl Default for Setup {
    fn default() -> Self {
        let cimd = [APP, "https://client.example/{id}/client.json"].join(",");
        Self {
            settings: vec![("OSIER_CLIENTS__CIMD", cimd)],
            keys: KeyRing::random().unwrap(),
            clock: Clock::manual(),
            trapped: Vec::new(),
        }
    }
}

/// The settings of a server that has these beside the demo's.
pub(crate) fn settings(settings: &[(&'static str, String)]) -> osier::config::Clients {
    let key = data_encoding::BASE64.encode(&osier::seal::random_bytes::<32>().unwrap());
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
    let environment =
        settings.iter().fold(environment, |all, (name, value)| all.with(*name, value.as_str()));
    let text = include_str!("../../../config/demo.toml");
    Config::parse("demo.toml", text, &environment).unwrap().clients
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// With settings of its own beside the usual ones.
    pub(crate) async fn set(name: &'static str, value: &str) -> Self {
        let mut setup = Setup::default();
        setup.settings.push((name, value.to_owned()));
        Self::with(setup).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let site = Site::start().await;
        let names = Arc::new(Names::default());
        names.tell("client.example", &[&[PUBLIC]]);
        let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut detours = BTreeMap::from([(PUBLIC.parse().unwrap(), site.address)]);
        detours.extend(setup.trapped.iter().map(|ip| (*ip, trap.local_addr().unwrap())));
        let authorities = vec![site.authority.clone()];
        let network = Network { names: Arc::clone(&names) as _, authorities, detours };
        let trapped = Arc::new(Mutex::new(0));
        let counting = Arc::clone(&trapped);
        tokio::spawn(async move {
            while trap.accept().await.is_ok() {
                *counting.lock().unwrap() += 1;
            }
        });
        let clients = Arc::new(Clients::new(
            settings(&setup.settings),
            Arc::new(setup.keys),
            Fetcher::new(network).unwrap(),
            setup.clock.clone(),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let door = register::routes(Arc::clone(&clients))
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, door).await.unwrap() });
        let limits = Limits::calls(Duration::from_mins(1), Reach::Private);
        let http = outbound::client(&limits).unwrap();
        Self { clients, site, names, clock: setup.clock, url, http, trapped }
    }

    pub(crate) async fn find(&self, id: &str) -> Result<Client, ClientFault> {
        self.find_from(id, SOMEBODY).await
    }

    pub(crate) async fn find_from(&self, id: &str, from: &str) -> Result<Client, ClientFault> {
        self.clients.find(id, from.parse().unwrap()).await
    }

    /// `POST /register` with a JSON body.
    pub(crate) async fn register(&self, metadata: &Value) -> (u16, Value) {
        self.register_bytes(metadata.to_string().into_bytes()).await
    }

    pub(crate) async fn register_bytes(&self, body: Vec<u8>) -> (u16, Value) {
        let request = self.http.post(format!("{}/register", self.url));
        let request = request.header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    /// Registers these addresses and gives the id.
    pub(crate) async fn registered(&self, redirects: &[&str]) -> String {
        let metadata = serde_json::json!({"client_name": "Example", "redirect_uris": redirects});
        let (status, body) = self.register(&metadata).await;
        assert_eq!(status, 201, "{body}");
        body["client_id"].as_str().unwrap().to_owned()
    }
}

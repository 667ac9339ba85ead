//! A whole server on free ports, with the look-alike and the sample services around it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use osier::app::{Live, Means, assemble, serve, serve_peers};
use osier::audit::Sink;
use osier::catalog::{self, Files};
use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::demo::{self, Options, Person, Surroundings};
use osier::identity::Authenticator;
use osier::mcp;
use osier::outbound::{self, Limits, Reach};
use osier::pipeline::Pipeline;
use osier::store::Store;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::client::{Client, Version};
use super::front::Front;

const SETTINGS: &str = include_str!("../../../config/demo.toml");

/// How a server is set up, where it differs from the demo.
pub struct Setup {
    /// Do the services fence by the person themselves?
    pub strict: bool,
    /// The time of everything.
    pub clock: Clock,
    /// Settings that are laid over `demo.toml`, as environment variables.
    pub settings: BTreeMap<String, String>,
    /// Definition files beside the built-in ones, by path.
    pub files: Vec<(String, String)>,
    /// How many sessions there may be, and for how long.
    pub sessions: mcp::Limits,
    /// Where audit records go instead of the list that [`TestApp::audit`] reads.
    pub audit: Option<Sink>,
    /// Does it follow the permission service's feed of changes?
    pub follow: bool,
    /// Does it limit how often somebody may call, as it does by default?
    pub hurried: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            strict: true,
            clock: Clock::System,
            settings: BTreeMap::new(),
            files: Vec::new(),
            sessions: mcp::Limits::default(),
            audit: None,
            follow: false,
            hurried: false,
        }
    }
}

/// No limits of how often: a test calls more often than a person does, and while its clock stands still
/// nobody gets back what is spent.
pub const UNHURRIED: [(&str, &str); 5] = [
    ("PERSON_PER_SECOND", "0"),
    ("TOOL_PER_SECOND", "0"),
    ("OVERALL_PER_SECOND", "0"),
    ("TOKENS_PER_MINUTE", "1000000"),
    ("TOKENS_PER_MINUTE_OVERALL", "1000000"),
];

/// A running server. It stops when it is dropped.
pub struct TestApp {
    /// The look-alike and the services.
    pub around: Arc<Surroundings>,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The calls' way, for what has no front door.
    pub pipeline: Arc<Pipeline>,
    /// Who is let in.
    pub authenticator: Arc<Authenticator>,
    /// The time of everything.
    pub clock: Clock,
    /// The sealing key, in base64.
    pub key: String,
    /// A client without a token.
    pub http: reqwest::Client,
    /// What is told to other replicas.
    pub replicas: mcp::Replicas,
    audit: Arc<Mutex<Vec<u8>>>,
    serving: JoinHandle<()>,
    stop: DropGuard,
}

impl TestApp {
    /// The demo with strict services.
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// The demo with services that show everything to everybody.
    pub async fn lax() -> Self {
        Self::with(Setup { strict: false, ..Setup::default() }).await
    }

    /// A server set up in its own way.
    pub async fn with(setup: Setup) -> Self {
        let options =
            Options { clock: setup.clock.clone(), strict: setup.strict, ..Options::default() };
        let around = Surroundings::start_anywhere(options).await.unwrap();
        Self::around(Arc::new(around), setup).await
    }

    /// A further server around the same services: with this one's key a replica of it, or itself
    /// after a restart, since it remembers nothing.
    pub async fn beside(&self, key: &str) -> Self {
        self.further([("OSIER_KEYS__CURRENT", key)]).await
    }

    /// A further server around the same services, with this one's key and the store at this URL.
    pub async fn replica(&self, store: &str) -> Self {
        self.further([("OSIER_KEYS__CURRENT", &self.key), ("OSIER_STORE__URL", store)]).await
    }

    /// A further server around the same services, with a new key, to which this one is the one
    /// before.
    pub async fn beside_after(&self, previous: &str) -> Self {
        self.further([("OSIER_KEYS__PREVIOUS", previous)]).await
    }

    /// A replica behind the same front: the same key, and a memory of its own.
    pub async fn behind(&self, front: &Front) -> Self {
        let settings = [("OSIER_KEYS__CURRENT".to_owned(), self.key.clone())].into();
        let setup = Setup { clock: self.clock.clone(), settings, ..Setup::default() };
        Self::around(Arc::clone(&self.around), front.setup(setup)).await
    }

    /// A further server around the same services, set up in its own way.
    pub async fn with_setup(&self, setup: Setup) -> Self {
        Self::around(Arc::clone(&self.around), setup).await
    }

    async fn further<const N: usize>(&self, settings: [(&str, &str); N]) -> Self {
        let settings =
            settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let setup = Setup { clock: self.clock.clone(), settings, ..Setup::default() };
        Self::around(Arc::clone(&self.around), setup).await
    }

    /// A fresh sealing key, in base64.
    pub fn new_key() -> String {
        data_encoding::BASE64.encode(&osier::seal::random_bytes::<32>().unwrap())
    }

    async fn around(around: Arc<Surroundings>, setup: Setup) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let services = around.services().sitecore_url().replace("/sitecore", "");
        let text = SETTINGS
            .replace("127.0.0.1:8080", url.trim_start_matches("http://"))
            .replace("http://127.0.0.1:8081", around.entra().base_url())
            .replace("http://127.0.0.1:8082", &services);
        // Most tests are about ages, which the feed would cut short.
        let followed = |line: &&str| setup.follow || !line.starts_with("changes_url");
        let text = text.lines().filter(followed).collect::<Vec<_>>().join("\n");
        let name = "OSIER_KEYS__CURRENT";
        let key = setup.settings.get(name).cloned().unwrap_or_else(Self::new_key);
        let mut environment = Environment::default().with(name, key.as_str());
        if !setup.hurried {
            for (limit, value) in UNHURRIED {
                environment = environment.with(format!("OSIER_LIMITS__{limit}"), value);
            }
        }
        let environment = setup
            .settings
            .iter()
            .fold(environment, |all, (name, value)| all.with(name.as_str(), value.as_str()));
        let config = Config::parse("demo.toml", &text, &environment).unwrap();
        let files = Files::built_in().and(setup.files);
        let catalog = catalog::load(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let (memory, audit) = Sink::memory();
        let sink = setup.audit.unwrap_or(memory);
        let shutdown = CancellationToken::new();
        let store = Store::open(&config.store.location, setup.clock.clone()).await.unwrap();
        let means = Means { clock: setup.clock.clone(), audit: sink, store };
        let mut assembly = assemble(&config, catalog, means).unwrap();
        let pipeline = Arc::clone(&assembly.pipeline);
        let mut app = assembly.app.take().unwrap();
        if setup.sessions != mcp::Limits::default() {
            let (served, stop) = (app.served.clone(), shutdown.clone());
            let limits = (setup.sessions, mcp::Subscriptions::default());
            app.door = Arc::new(mcp::Door::new(served, limits, stop));
        }
        let keys = Arc::clone(&assembly.authenticator);
        let authenticator = Arc::clone(&keys);
        let stop = shutdown.clone();
        tokio::spawn(async move { keys.run(stop).await });
        let (followed, stop) = (Arc::clone(&pipeline), shutdown.clone());
        tokio::spawn(async move { followed.access.follow(stop).await });
        let replicas = app.door.replicas();
        let (telling, stop) = (replicas.clone(), shutdown.clone());
        tokio::spawn(async move { telling.run(stop).await });
        let stop = shutdown.clone();
        let live = Live::new(app);
        let peers = live.listen_to_peers().await.unwrap();
        let serving = tokio::spawn(async move {
            let handed_over = serve_peers(peers, &live, stop.clone());
            let public = serve(listener, Arc::clone(&live), None, stop.clone());
            tokio::try_join!(public, handed_over).unwrap();
        });
        let limits = Limits::calls(std::time::Duration::from_mins(1), Reach::Private);
        let http = outbound::client(&limits).unwrap();
        let clock = setup.clock;
        Self {
            around,
            url,
            pipeline,
            authenticator,
            clock,
            key,
            http,
            replicas,
            audit,
            serving,
            stop: shutdown.drop_guard(),
        }
    }

    /// A client of 2026-07-28 that speaks for one of the demo's people and can show forms.
    pub async fn as_user(&self, name: &str) -> Client {
        self.speaking(name, Version::V2026_07_28).await
    }

    /// The same in a given protocol version.
    pub async fn speaking(&self, name: &str, version: Version) -> Client {
        let token = self.token(name);
        Client::connect(&self.http, &self.url, token, version).await
    }

    /// Tells the server to stop, and waits until it has.
    pub async fn stop(self) {
        drop(self.stop);
        self.serving.await.unwrap();
    }

    /// A client for a person of the test's own, who is known to nobody else.
    pub async fn speaking_as(&self, person: &Person, version: Version) -> Client {
        let token = self.around.entra().token(person);
        Client::connect(&self.http, &self.url, token, version).await
    }

    /// A person's access token.
    pub fn token(&self, name: &str) -> String {
        let person = demo::person(name).unwrap_or_else(|| panic!("nobody is called {name}"));
        self.around.entra().token(person)
    }

    /// The audit records of calls so far, oldest first.
    pub async fn audit(&self) -> Vec<Value> {
        self.chain().await.into_iter().filter(of_a_call).collect()
    }

    /// Every audit record so far, those of no call too.
    pub async fn chain(&self) -> Vec<Value> {
        // Records of calls that ended are on their way to the writing thread.
        self.pipeline.audit.settle().await.unwrap();
        let bytes = self.audit.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// True for the records that calls leave.
pub fn of_a_call(record: &Value) -> bool {
    record["kind"] == "call" || record["kind"] == "intent"
}

//! A whole server in this process, its services around it, and a clock that stands still. Requests
//! go into its router; calls go on to the services over loopback, and nowhere else.

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use http::{Request, Response};
use osier::app::{Assembly, Means, assemble};
use osier::audit::Sink;
use osier::catalog::{self, Files};
use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::demo::{self, Options, Surroundings};
use osier::identity::Authenticator;
use osier::store::Store;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The one of this process.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::start);

/// The server's own name, as `config/demo.toml` has it.
pub(crate) const HOST: &str = "127.0.0.1:8080";

/// Nobody is told to come again: the clock stands still.
const UNLIMITED: [(&str, &str); 5] = [
    ("PERSON_PER_SECOND", "0"),
    ("TOOL_PER_SECOND", "0"),
    ("OVERALL_PER_SECOND", "0"),
    ("TOKENS_PER_MINUTE", "1000000"),
    ("TOKENS_PER_MINUTE_OVERALL", "1000000"),
];

pub(crate) struct World {
    runtime: Runtime,
    routes: osier::router::Routes,
    pub(crate) around: Surroundings,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) clock: Clock,
    /// A good token of Ana's, who may do everything.
    pub(crate) token: String,
    _assembly: Assembly,
    _stop: DropGuard,
}

impl World {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let clock = Clock::manual();
        let options = Options { clock: clock.clone(), ..Options::default() };
        let around = runtime.block_on(Surroundings::start_anywhere(options)).unwrap();
        let services = around.services().sitecore_url().replace("/sitecore", "");
        let text = include_str!("../../config/demo.toml")
            .replace("http://127.0.0.1:8081", around.entra().base_url())
            .replace("http://127.0.0.1:8082", &services);
        let key = data_encoding::BASE64.encode(&osier::seal::random_bytes::<32>().unwrap());
        let environment = UNLIMITED.iter().fold(
            Environment::default().with("OSIER_KEYS__CURRENT", key),
            |environment, (name, value)| environment.with(format!("OSIER_LIMITS__{name}"), *value),
        );
        let config = Config::parse("demo.toml", &text, &environment).unwrap();
        let catalog = catalog::load(&Files::built_in()).unwrap();
        let (audit, _) = Sink::to(std::io::sink(), osier::audit::Terms::default());
        let mut assembly = runtime
            .block_on(async {
                let store = Store::open(&config.store.location, clock.clone()).await.unwrap();
                assemble(&config, catalog, Means { clock: clock.clone(), audit, store })
            })
            .unwrap();
        let stop = CancellationToken::new();
        let (keys, stopped) = (Arc::clone(&assembly.authenticator), stop.clone());
        runtime.spawn(async move { keys.run(stopped).await });
        let token = around.entra().token(demo::person("ana").unwrap());
        let world = Self {
            routes: osier::router::routes(assembly.app.take().unwrap()).0,
            authenticator: Arc::clone(&assembly.authenticator),
            _assembly: assembly,
            runtime,
            around,
            clock,
            token,
            _stop: stop.drop_guard(),
        };
        // The keys come by themselves, and at the first need.
        world.judge(&world.token).unwrap();
        world
    }

    /// Whom the token speaks for, if it is let in.
    pub(crate) fn judge(&self, token: &str) -> Result<String, String> {
        let judged = self.runtime.block_on(self.authenticator.authenticate_token(token));
        judged.map(|who| who.subject().to_owned()).map_err(|rejection| rejection.to_string())
    }

    /// The answer to a request, and as much of its body as comes: streams have no end.
    pub(crate) fn answer(&self, request: Request<Body>) -> Response<Value> {
        self.runtime.block_on(async {
            let response = self.routes.answer(request).await;
            let (parts, body) = response.into_parts();
            let kind = parts.headers.get("content-type").map(|kind| kind.to_str().unwrap());
            let body = if kind == Some("application/json") {
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                serde_json::from_slice(&bytes).unwrap()
            } else {
                Value::Null
            };
            Response::from_parts(parts, body)
        })
    }

    /// Ana's call of a tool.
    pub(crate) fn call(&self, tool: &str, arguments: &Value) -> Value {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "fuzz", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = Request::post("/mcp")
            .header("host", HOST)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool);
        let answer = self.answer(request.body(Body::from(body.to_string())).unwrap());
        answer.into_body()
    }
}

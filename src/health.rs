//! `GET /livez` and `GET /readyz`, for whoever runs the process. They need no token and say no more
//! than which part isn't there yet, and the class of the reason.

mod ask;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::{BoxFuture, join_all};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Map, json};

pub use ask::ask;

/// Is a part ready? Otherwise the class of the reason, such as `unreachable`: never a message of
/// somebody else's, never a name or a URL.
pub type Probe = Box<dyn Fn() -> BoxFuture<'static, Result<(), &'static str>> + Send + Sync>;

/// The parts without which a call can't be served, each by its name and with its probe.
#[derive(Default)]
pub struct Health(Vec<(&'static str, Probe)>);

impl Health {
    /// Adds a part. Its probe is asked at each `/readyz`, and should answer from what it knows.
    #[must_use]
    pub fn with(mut self, part: &'static str, probe: Probe) -> Self {
        self.0.push((part, probe));
        self
    }

    /// The two routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/livez", get(live))
            .route("/readyz", get(ready))
            .with_state(Arc::new(self))
    }
}

/// The process runs and answers; nothing more is meant by it.
async fn live() -> Response {
    answer(StatusCode::OK, &json!({"status": "alive"}).to_string())
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let answers = join_all(health.0.iter().map(|(part, probe)| async { (*part, probe().await) }));
    let missing: Map<_, _> = answers
        .await
        .into_iter()
        .filter_map(|(part, answer)| Some((part.to_owned(), answer.err()?.into())))
        .collect();
    if missing.is_empty() {
        return answer(StatusCode::OK, &json!({"status": "ready"}).to_string());
    }
    let body = json!({"status": "not ready", "missing": missing}).to_string();
    answer(StatusCode::SERVICE_UNAVAILABLE, &body)
}

fn answer(status: StatusCode, body: &str) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_owned()).into_response()
}

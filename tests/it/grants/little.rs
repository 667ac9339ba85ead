//! A little OpenFGA and a little AuthZEN decision point in one server, over assignments in the `file`
//! adapter's format. As OpenFGA does, it ends a streamed list cleanly at its deadline, and an older
//! one at its most results; and it can be made to break off, to lie and to page.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use osier::access::{Assignments, Scopes};
use osier::demo::ASSIGNMENTS;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What the server does otherwise than a good one.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    /// Between two lines of a list.
    pub pace: Duration,
    /// A list ends here, as if it were complete.
    pub deadline: Option<Duration>,
    /// A list has at most so many.
    pub most: Option<usize>,
    /// Instead of the second line of a list, and of what would follow.
    pub instead: Option<&'static str>,
    /// A page of a search has at most so many.
    pub page: Option<usize>,
    /// Every answer is this one.
    pub always: Option<(u16, &'static str)>,
    /// Types that the model doesn't know.
    pub unknown_type: Option<&'static str>,
    /// A header of every list.
    pub warning: bool,
    /// Search isn't offered.
    pub no_search: bool,
    /// Put in place of an answer of a search or an evaluation.
    pub answer: Option<Value>,
}

struct Inner {
    assignments: Mutex<Assignments>,
    habits: Mutex<Habits>,
    asked: Mutex<Vec<(String, Value)>>,
}

/// The server. It stops when it is dropped.
pub struct Little {
    pub url: String,
    inner: Arc<Inner>,
    _stop: DropGuard,
}

impl Little {
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let assignments = Mutex::new(Assignments::from_yaml(ASSIGNMENTS).unwrap());
        let (habits, asked) = (Mutex::default(), Mutex::default());
        let inner = Arc::new(Inner { assignments, habits, asked });
        let routes = axum::Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, routes) => served.unwrap(),
                () = stopped.cancelled() => {}
            }
        });
        Self { url, inner, _stop: stop.drop_guard() }
    }

    /// From now on it has these habits.
    pub fn behave(&self, habits: Habits) {
        *self.inner.habits.lock().unwrap() = habits;
    }

    pub fn assign(&self, yaml: &str) {
        *self.inner.assignments.lock().unwrap() = Assignments::from_yaml(yaml).unwrap();
    }

    /// What was asked since the last time: path and body.
    pub fn asked(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.inner.asked.lock().unwrap())
    }
}

impl Inner {
    fn scopes(&self, oid: &str, permission: &str) -> Scopes {
        let grants = self.assignments.lock().unwrap().grants(oid);
        grants.get(permission).cloned().unwrap_or_default()
    }
}

fn ids(scopes: &Scopes, kind: &str) -> Vec<String> {
    match kind {
        "site" => scopes.sites().map(str::to_owned).collect(),
        "location" => scopes.locations().map(|(id, site)| format!("{site}/{id}")).collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = parts.uri.path().to_owned();
    inner.asked.lock().unwrap().push((path.clone(), body.clone()));
    let habits = inner.habits.lock().unwrap().clone();
    if let Some((status, body)) = habits.always {
        return (http::StatusCode::from_u16(status).unwrap(), body).into_response();
    }
    let bearer = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    if bearer != Some("Bearer sesame") {
        return http::StatusCode::UNAUTHORIZED.into_response();
    }
    match path.as_str() {
        "/stores/store-1/streamed-list-objects" => list(&inner, &habits, &body),
        "/stores/store-1/check" => {
            let key = &body["tuple_key"];
            let scopes = inner.scopes(person(&key["user"]), text(&key["relation"]));
            let tenant = text(&key["object"]).starts_with("tenant:");
            json_of(&json!({"allowed": tenant && scopes.is_global()}))
        }
        "/access/v1/search/resource" if habits.no_search => {
            http::StatusCode::NOT_FOUND.into_response()
        }
        "/access/v1/search/resource" => {
            json_of(&habits.answer.clone().unwrap_or_else(|| search(&inner, &habits, &body)))
        }
        "/access/v1/evaluation" => json_of(&decision(&inner, &body, &body["resource"])),
        "/access/v1/evaluations" => json_of(&habits.answer.clone().unwrap_or_else(|| {
            let asked = body["evaluations"].as_array().unwrap();
            let made = asked.iter().map(|one| decision(&inner, &body, &one["resource"]));
            json!({"evaluations": made.collect::<Vec<_>>()})
        })),
        _ => http::StatusCode::NOT_FOUND.into_response(),
    }
}

fn person(user: &Value) -> &str {
    text(user).strip_prefix("user:").unwrap()
}

fn json_of(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

fn list(inner: &Inner, habits: &Habits, body: &Value) -> Response {
    let (kind, relation) = (text(&body["type"]), text(&body["relation"]));
    if habits.unknown_type == Some(kind) {
        let message = format!("relation '{kind}#{relation}' not found");
        let error = json!({"error": {"code": 3, "message": message, "details": []}});
        return (http::StatusCode::BAD_REQUEST, error.to_string()).into_response();
    }
    let ids = ids(&inner.scopes(person(&body["user"]), relation), kind);
    let most = habits.most.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = ids
        .iter()
        .take(most)
        .map(|id| format!("{}\n", json!({"result": {"object": format!("{kind}:{id}")}})))
        .collect();
    if let Some(instead) = habits.instead {
        lines.truncate(1);
        lines.push(instead.to_owned());
    }
    let began = Instant::now();
    let (pace, deadline) = (habits.pace, habits.deadline);
    let lines = stream::unfold(lines.into_iter(), move |mut lines| async move {
        tokio::time::sleep(pace).await;
        // As OpenFGA does: what was found by then, and no word of the rest.
        if deadline.is_some_and(|deadline| began.elapsed() >= deadline) {
            return None;
        }
        Some((Ok::<_, std::io::Error>(Bytes::from(lines.next()?)), lines))
    });
    let mut response = Body::from_stream(lines).into_response();
    if habits.warning {
        response.headers_mut().insert("x-openfga-warning", "deadline-exceeded".parse().unwrap());
    }
    response
}

fn search(inner: &Inner, habits: &Habits, body: &Value) -> Value {
    let kind = text(&body["resource"]["type"]);
    let scopes = inner.scopes(text(&body["subject"]["id"]), text(&body["action"]["name"]));
    let ids = ids(&scopes, kind);
    let from: usize = text(&body["page"]["token"]).parse().unwrap_or(0);
    let to = habits.page.map_or(ids.len(), |page| ids.len().min(from + page));
    let results: Vec<Value> =
        ids[from..to].iter().map(|id| json!({"type": kind, "id": id})).collect();
    if habits.page.is_none() {
        return json!({"results": results});
    }
    let next = if to < ids.len() { to.to_string() } else { String::new() };
    json!({"page": {"next_token": next, "count": results.len()}, "results": results})
}

fn decision(inner: &Inner, body: &Value, resource: &Value) -> Value {
    let scopes = inner.scopes(text(&body["subject"]["id"]), text(&body["action"]["name"]));
    let (kind, id) = (text(&resource["type"]), text(&resource["id"]));
    let held = match kind {
        "tenant" => scopes.is_global(),
        _ => ids(&scopes, kind).iter().any(|own| own == id),
    };
    json!({"decision": held})
}

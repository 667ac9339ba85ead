//! A little server that answers as it is told to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::TcpListener;

/// What it was asked: `GET /pets?limit=1`, and the body.
pub type Asked = (String, Value);

/// A running server; it ends with the test's runtime.
pub struct Service {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Service {
    /// Answers each request by this function; nothing is 404.
    pub async fn start(answer: fn(&Asked) -> Option<Value>) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let remembered = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            let remembered = Arc::clone(&remembered);
            async move {
                let line = format!("{} {}", request.method(), request.uri());
                let body: Bytes = request.into_body().collect().await.unwrap().to_bytes();
                let one = (line, serde_json::from_slice(&body).unwrap_or(Value::Null));
                let said = answer(&one);
                remembered.lock().unwrap().push(one);
                match said {
                    Some(said) => axum::Json(said).into_response(),
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked }
    }

    /// What it was asked so far; it forgets it.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

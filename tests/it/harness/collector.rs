//! An `OpenTelemetry` collector that keeps every body as it came, over HTTP and over gRPC.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::HeaderMap;
use http_body_util::StreamBody;

/// The collector.
pub struct Collector {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    kept: Kept,
}

/// Signal and body of each export.
type Kept = Arc<Mutex<Vec<(String, Bytes)>>>;

impl Collector {
    pub async fn start() -> Self {
        let kept = Kept::default();
        let routes = Router::new()
            .route("/v1/{signal}", post(take))
            .route("/{service}/Export", post(take_by_grpc))
            .with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, kept }
    }

    /// The settings that lead here, by that protocol.
    pub fn settings(&self, protocol: &str) -> Vec<(String, String)> {
        let settings = [
            ("OTLP_ENDPOINT", self.url.as_str()),
            ("OTLP_PROTOCOL", protocol),
            ("ALLOW_PRIVATE_NETWORK", "true"),
            ("INTERVAL", "1"),
        ];
        let named =
            |(name, value): (&str, &str)| (format!("OSIER_TELEMETRY__{name}"), value.into());
        settings.into_iter().map(named).collect()
    }

    /// All bodies of one signal, one after the other.
    pub fn bytes(&self, signal: &str) -> Vec<u8> {
        let kept = self.kept.lock().unwrap();
        kept.iter().filter(|(of, _)| of == signal).flat_map(|(_, body)| body.clone()).collect()
    }

    /// The same as text, as far as it is one.
    pub fn text(&self, signal: &str) -> String {
        String::from_utf8_lossy(&self.bytes(signal)).into_owned()
    }
}

async fn take(State(kept): State<Kept>, Path(signal): Path<String>, body: Bytes) {
    kept.lock().unwrap().push((signal, body));
}

/// One message behind its five bytes, and an empty one back.
async fn take_by_grpc(
    State(kept): State<Kept>,
    Path(service): Path<String>,
    body: Bytes,
) -> Response {
    let signal = match service.rsplit('.').next().unwrap() {
        "TraceService" => "traces",
        "MetricsService" => "metrics",
        "LogsService" => "logs",
        other => panic!("{other}"),
    };
    kept.lock().unwrap().push((signal.to_owned(), body.slice(5..)));
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    let frames =
        [http_body::Frame::data(Bytes::from_static(&[0; 5])), http_body::Frame::trailers(trailers)];
    let frames = frames.map(Ok::<_, std::convert::Infallible>);
    let body = Body::new(StreamBody::new(futures::stream::iter(frames)));
    ([("content-type", "application/grpc")], body).into_response()
}

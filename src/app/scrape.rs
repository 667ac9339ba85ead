//! `GET /metrics` on a listener of its own, for Prometheus. Nobody is asked who they are here, and
//! nothing else is served: `telemetry.prometheus_listen` keeps it inside.

use std::net::SocketAddr;

use anyhow::Context;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::accept::accept;
use super::live::Live;
use crate::telemetry::prometheus_text;

/// Prometheus's text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Serves it, where it is to be served, until `shutdown`.
///
/// # Errors
/// Where the socket can't be opened.
pub(super) async fn scrape(
    address: Option<SocketAddr>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(address) = address else { return Ok(()) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address} (telemetry.prometheus_listen)"))?;
    let router = Router::new().route("/metrics", get(metrics));
    tokio::spawn(accept(listener, Live::bare(router), None, shutdown.clone()));
    Ok(())
}

async fn metrics() -> Response {
    // Gathering reads files of the kernel's, and asks every instrument.
    match tokio::task::spawn_blocking(prometheus_text).await {
        Ok(Some(text)) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

//! The MCP front door: Streamable HTTP at `/mcp`, for the versions 2025-03-26 to 2026-07-28.
//!
//! rmcp reads and writes the protocol; this module tells it who is calling, runs the pipeline, and
//! renders its ends. Nothing of rmcp's is seen outside of it. The layers in front of it
//! (`middleware`) have settled identity, host, session and body by the time that rmcp is called.

mod ask;
mod caller;
mod changes;
mod complete;
mod handler;
mod lists;
mod notes;
#[cfg(feature = "conformance")]
mod prompt_script;
mod prompts;
mod questions;
mod render;
mod resources;
mod sessions;

pub use ask::Patience;
pub use changes::Subscriptions;
pub use lists::listed_bytes;
pub use sessions::{Limits, Session, Sessions};

use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use self::changes::Changes;
use self::handler::{Handler, Parts};
use self::lists::Lists;
use crate::call::Changed;
use crate::middleware::{body, host};
use crate::pipeline::Pipeline;

/// What the door is told.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How long things may take.
    pub patience: Patience,
    /// How many sessions there may be.
    pub sessions: Limits,
    /// How many subscriptions there may be.
    pub subscriptions: Subscriptions,
    /// The origin of the page where a person answers whose client can't show a question; none where
    /// such a write is refused.
    pub links: Option<String>,
}

/// The door.
pub struct Door {
    service: StreamableHttpService<Handler, Sessions>,
    sessions: Arc<Sessions>,
    changes: Changes,
}

impl Door {
    /// A door to this pipeline. When `shutdown` is cancelled its sessions and streams end.
    pub fn new(
        pipeline: Arc<Pipeline>,
        settings: Settings,
        allowed: &host::Allowed,
        body: body::Limits,
        shutdown: CancellationToken,
    ) -> Self {
        let sessions = Arc::new(Sessions::new(settings.sessions));
        let changes = Changes::new(Arc::clone(&sessions), settings.subscriptions);
        let (told, served) = (changes.clone(), Arc::downgrade(&pipeline));
        pipeline.access.watch(move |altered| {
            if let Some(pipeline) = served.upgrade() {
                told.altered(pipeline.catalog(), altered);
            }
        });
        let handler = Handler::new(Parts {
            pipeline,
            changes: changes.clone(),
            lists: Lists::new(),
            patience: settings.patience,
            links: settings.links,
        });
        // The layers in front check hosts, origins and sizes more narrowly; that rmcp checks them
        // too is what is left should a layer be forgotten.
        let config = StreamableHttpServerConfig::default()
            .with_json_response(true)
            .with_allowed_hosts(allowed.hosts())
            .with_allowed_origins(allowed.origins())
            .enforce_origin_validation()
            .with_max_request_body_bytes(body.bytes)
            .with_cancellation_token(shutdown);
        let service =
            StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);
        Self { service, sessions, changes }
    }

    /// `/mcp` and `/mcp/`, without their layers.
    pub fn routes(&self) -> Router {
        Router::new()
            .route_service("/mcp", self.service.clone())
            .route_service("/mcp/", self.service.clone())
    }

    /// Whose session is whose, for the layer that asks.
    pub fn sessions(&self) -> Arc<Sessions> {
        Arc::clone(&self.sessions)
    }

    /// Tells every client that a list has changed.
    pub fn announce(&self, list: Changed) {
        self.changes.announce(list);
    }
}

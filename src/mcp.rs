//! The MCP front door: Streamable HTTP at `/mcp`, for the versions 2025-03-26 to 2026-07-28.
//!
//! rmcp reads and writes the protocol (regular reads without sessions go a shorter way, `direct`); this
//! module tells it who is calling, runs the pipeline, and renders its ends. Nothing of rmcp's is seen outside of it. The layers in front of it
//! (`middleware`) have settled identity, host, session and body by the time that rmcp is called.

mod ask;
mod caller;
mod changes;
mod complete;
mod direct;
mod handler;
mod lists;
mod notes;
#[cfg(feature = "conformance")]
mod prompt_script;
mod prompts;
mod questions;
mod render;
mod replicas;
mod resources;
mod sessions;
mod span;

pub use ask::Patience;
pub use changes::Subscriptions;
pub use lists::listed_bytes;
pub use replicas::Replicas;
pub use sessions::{Limits, Session, Sessions};

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::future::BoxFuture;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use self::changes::Changes;
use self::handler::{Handler, Parts};
use self::lists::{Lists, View};
use crate::access::Access;
use crate::call::Changed;
use crate::identity::Identity;
use crate::middleware::{body, host};
use crate::pipeline::Pipeline;

/// What is served through the door, until other settings take its place. A request holds the one that
/// it began with.
#[derive(Clone)]
pub struct Served {
    /// The calls' way.
    pub pipeline: Arc<Pipeline>,
    /// How long things may take.
    pub patience: Patience,
    /// The origin of the page where a person answers whose client can't show a question; none where
    /// such a write is refused.
    pub links: Option<String>,
}

/// Where requests of MCP come in.
#[derive(Clone)]
pub struct Entrance {
    handler: Handler,
    service: Arc<StreamableHttpService<Handler, Sessions>>,
}

impl Entrance {
    /// Answers one request.
    pub fn answer(&self, mut request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            match direct::answer(&self.handler, &mut request).await {
                Some(answer) => answer,
                None => Box::pin(self.service.handle(request)).await.into_response(),
            }
        })
    }
}

/// The door. It outlives changes of the settings, and sessions with it.
pub struct Door {
    handler: Handler,
    served: Arc<ArcSwap<Served>>,
    sessions: Arc<Sessions>,
    changes: Changes,
    shutdown: CancellationToken,
}

impl Door {
    /// A door to this. When `shutdown` is cancelled its sessions and streams end.
    pub fn new(
        served: Served,
        (limits, subscriptions): (Limits, Subscriptions),
        shutdown: CancellationToken,
    ) -> Self {
        let sessions = Arc::new(Sessions::new(limits));
        let changes = Changes::new(Arc::clone(&sessions), subscriptions);
        let served = Arc::new(ArcSwap::from_pointee(served));
        let handler = Handler::new(Parts {
            served: Arc::clone(&served),
            changes: changes.clone(),
            lists: Lists::new(),
        });
        let door = Self { handler, served, sessions, changes, shutdown };
        door.watch(&door.served.load().pipeline.access);
        door
    }

    /// Serves this from now on. Requests that run end as they began; clients are told to ask for their
    /// lists anew.
    pub fn serve(&self, served: Served) {
        let access = Arc::clone(&served.pipeline.access);
        let before = self.served.swap(Arc::new(served));
        if !Arc::ptr_eq(&before.pipeline.access, &access) {
            self.watch(&access);
        }
        for list in [Changed::Tools, Changed::Prompts, Changed::Resources] {
            self.changes.announce(list);
        }
    }

    /// Has clients told when the permissions of somebody change.
    fn watch(&self, access: &Access) {
        let (told, served) = (self.changes.clone(), Arc::downgrade(&self.served));
        access.watch(move |altered| {
            if let Some(served) = served.upgrade() {
                told.altered(served.load().pipeline.catalog(), altered);
            }
        });
    }

    /// What answers at `/mcp` and `/mcp/`, behind their layers.
    pub fn entrance(&self, allowed: &host::Allowed, body: body::Limits) -> Entrance {
        // The layers in front check hosts, origins and sizes more narrowly; that rmcp checks them
        // too is what is left should a layer be forgotten.
        let config = StreamableHttpServerConfig::default()
            .with_json_response(true)
            .with_allowed_hosts(allowed.hosts())
            .with_allowed_origins(allowed.origins())
            .enforce_origin_validation()
            .with_max_request_body_bytes(body.bytes)
            .with_cancellation_token(self.shutdown.clone());
        let (each, sessions) = (self.handler.clone(), Arc::clone(&self.sessions));
        let service = StreamableHttpService::new(move || Ok(each.clone()), sessions, config);
        Entrance { handler: self.handler.clone(), service: Arc::new(service) }
    }

    /// A caller's list of tools as JSON, for the benchmarks.
    #[doc(hidden)]
    pub async fn tool_list(&self, identity: &Arc<Identity>) -> Option<Bytes> {
        let view = View::of(&self.served.load().pipeline, identity).await.ok()?;
        Some(self.handler.parts().lists.written(&view).await)
    }

    /// Whose session is whose, for the layer that asks.
    pub fn sessions(&self) -> Arc<Sessions> {
        Arc::clone(&self.sessions)
    }

    /// What is told to the other replicas, and heard of them; its `run` goes on beside the serving.
    pub fn replicas(&self) -> Replicas {
        Replicas { changes: self.changes.clone(), served: Arc::clone(&self.served) }
    }

    /// Tells every client that a list has changed, at every replica.
    pub fn announce(&self, list: Changed) {
        self.changes.announce(list);
    }
}

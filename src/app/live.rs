//! What requests meet: the routes of the settings in force, swapped whole. A request that has begun
//! goes on with those that it began with.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Version};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::App;
use super::accept::Limits;
use super::connection::Answer;
use crate::router::{Routes, routes};

/// The longest header of a request that is handed over, in bytes: it holds a token, sealed.
const HANDOVER_BYTES: usize = 64 * 1024;

/// The routes in force, and what lasts beside them.
pub struct Live {
    routes: ArcSwap<Routes>,
    pub(super) limits: Limits,
    pub(super) running: TaskTracker,
    pub(super) streams: CancellationToken,
    pub(super) stopping: CancellationToken,
    /// The routes of the listener for other replicas, where there is one.
    pub(super) peers: Option<Arc<Self>>,
    peer_listen: Option<SocketAddr>,
}

impl Live {
    /// Serves this first.
    pub fn new(app: App) -> Arc<Self> {
        let (limits, running) = (app.limits, app.running.clone());
        let (streams, stopping) = (app.streams.clone(), app.stopping.clone());
        let peer_listen = app.peer_listen;
        let (public, handed_over) = routes(app);
        let live = |routes: Routes, limits, peers| {
            let routes = ArcSwap::from_pointee(routes);
            let (running, streams) = (running.clone(), streams.clone());
            let stopping = stopping.clone();
            Arc::new(Self { routes, limits, running, streams, stopping, peers, peer_listen })
        };
        let wide = Limits { header_bytes: limits.header_bytes.max(HANDOVER_BYTES), ..limits };
        let peers = handed_over.map(|routes| live(routes, wide, None));
        live(public, limits, peers)
    }

    /// Opens the listener for other replicas, where there is to be one.
    ///
    /// # Errors
    /// Where its address is taken or isn't this machine's.
    pub async fn listen_to_peers(&self) -> anyhow::Result<Option<TcpListener>> {
        let Some(address) = self.peer_listen else { return Ok(None) };
        let opened = TcpListener::bind(address).await;
        let says = || format!("can't listen on {address} (replicas.peer_listen)");
        opened.map(Some).with_context(says)
    }

    /// Routes without the parts behind them, which stay what they are.
    pub(super) fn bare(routes: Router) -> Arc<Self> {
        Arc::new(Self {
            routes: ArcSwap::from_pointee(Routes::only(routes)),
            limits: Limits::default(),
            running: TaskTracker::new(),
            streams: CancellationToken::new(),
            stopping: CancellationToken::new(),
            peers: None,
            peer_listen: None,
        })
    }

    /// Serves this from now on. What a connection may take stays as it was.
    pub fn take(&self, app: App) {
        let (door, served) = (Arc::clone(&app.door), app.served.clone());
        let (public, handed_over) = routes(app);
        self.routes.store(Arc::new(public));
        if let Some((peers, routes)) = self.peers.as_ref().zip(handed_over) {
            peers.routes.store(Arc::new(routes));
        }
        door.serve(served);
    }

    /// The answer; the connection's last one while this stops, so that the client takes its next request
    /// elsewhere, before this end closes under it.
    fn last(&self, version: Version, mut response: Response) -> Response {
        if version < Version::HTTP_2 && self.stopping.is_cancelled() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl Answer for Live {
    fn turn_away<B>(&self, request: &Request<B>) -> Option<Response> {
        let away = self.routes.load().turn_away(request)?;
        Some(self.last(request.version(), away))
    }

    fn answer(self: &Arc<Self>, request: Request<Body>) -> BoxFuture<'static, Response> {
        let live = Arc::clone(self);
        Box::pin(async move {
            let version = request.version();
            let routes = live.routes.load_full();
            let response = routes.answer(request).await;
            live.last(version, response)
        })
    }
}

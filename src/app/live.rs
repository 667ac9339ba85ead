//! What requests meet: the routes of the settings in force, swapped whole. A request that has begun
//! goes on with those that it began with.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Version};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::App;
use super::accept::Limits;
use crate::router::router;

/// The routes in force, and what lasts beside them.
pub struct Live {
    routes: ArcSwap<Router>,
    pub(super) limits: Limits,
    pub(super) running: TaskTracker,
    pub(super) streams: CancellationToken,
    pub(super) stopping: CancellationToken,
}

impl Live {
    /// Serves this first.
    pub fn new(app: App) -> Arc<Self> {
        let (limits, running) = (app.limits, app.running.clone());
        let (streams, stopping) = (app.streams.clone(), app.stopping.clone());
        let routes = ArcSwap::from_pointee(router(app));
        Arc::new(Self { routes, limits, running, streams, stopping })
    }

    /// Routes without the parts behind them, which stay what they are.
    pub(super) fn bare(routes: Router) -> Arc<Self> {
        Arc::new(Self {
            routes: ArcSwap::from_pointee(routes),
            limits: Limits::default(),
            running: TaskTracker::new(),
            streams: CancellationToken::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Serves this from now on. What a connection may take stays as it was.
    pub fn take(&self, app: App) {
        let (door, served) = (Arc::clone(&app.door), app.served.clone());
        self.routes.store(Arc::new(router(app)));
        door.serve(served);
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Body>) -> Response {
        let is_older = request.version() < Version::HTTP_2;
        let routes = Router::clone(&self.routes.load());
        let Ok(mut response) = routes.oneshot(request).await;
        if is_older && self.stopping.is_cancelled() {
            // The client takes its next request elsewhere, before this end closes under it.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

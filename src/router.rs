//! The page of routes: what is public, and what needs a caller.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use http::Request;
use tower::ServiceExt;

use crate::app::App;
use crate::mcp::Entrance;
use crate::middleware::handover::{self, Taker};
use crate::middleware::session::Binding;
use crate::middleware::{self, Around, Layers, Next};

/// All that one listener serves.
pub struct Routes {
    mcp: Option<Mcp>,
    others: Router,
}

/// `POST`, `GET` and `DELETE` of `/mcp` and `/mcp/`: nearly every request is for these, so that they go
/// without axum's router.
struct Mcp {
    around: Around,
    /// Where only other replicas come.
    taker: Option<Arc<Taker>>,
    layers: Layers,
    entrance: Entrance,
}

/// Every route of the server, and those of the listener for other replicas where there is one.
pub fn routes(app: App) -> (Routes, Option<Routes>) {
    let App { door, gate, allowed, body, oauth, health, admission, running, proxies, .. } = app;
    let around = Around { running, proxies };

    // GET /livez, GET /readyz: asked by address, so that no host is checked.
    let health = health.routes();

    // GET /.well-known/…, POST /register, GET /authorize, POST /authorize/consent,
    // GET /oauth/callback, POST /token, GET and POST /confirm/{id}
    let public = oauth.routes();

    // POST, GET, DELETE /mcp and /mcp/
    let entrance = door.entrance(&allowed, body);
    let (names, forwarder) = (app.names, app.forwarder);
    let binding = Binding { sessions: door.sessions(), names, goes_on: true };
    let layers = Layers { gate, allowed, binding, forwarder, body, admission };

    // The same for what other replicas hand over, where no balancer comes. It isn't handed over again: it
    // could go in circles.
    let handed_over = app.taker.map(|taker| {
        let around = Around { running: around.running.clone(), ..Around::default() };
        let binding = Binding { goes_on: false, ..layers.binding.clone() };
        let layers = Layers { binding, forwarder: None, ..layers.clone() };
        let others = middleware::around_all(Router::new(), around.clone());
        let entrance = entrance.clone();
        Routes { mcp: Some(Mcp { around, taker: Some(taker), layers, entrance }), others }
    });

    let others = Router::new().merge(health).merge(public);
    let others = middleware::around_all(others, around.clone());
    (Routes { mcp: Some(Mcp { around, taker: None, layers, entrance }), others }, handed_over)
}

impl Routes {
    /// Routes of axum's alone.
    pub fn only(others: Router) -> Self {
        Self { mcp: None, others }
    }

    /// What a request is answered that would be shed anyway, before anything is done for it.
    pub fn turn_away<B>(&self, request: &Request<B>) -> Option<Response> {
        let (mcp, route) = self.mcp(request)?;
        middleware::turn_away(&mcp.layers, route, request)
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request<Body>) -> Response {
        let Some((mcp, route)) = self.mcp(&request) else { return self.other(request).await };
        let behind = |request| mcp.answer(request);
        middleware::around_any(&mcp.around, Some(route), request, Next::to(behind)).await
    }

    fn mcp<B>(&self, request: &Request<B>) -> Option<(&Mcp, &'static str)> {
        let route = match request.uri().path() {
            "/mcp" => "/mcp",
            "/mcp/" => "/mcp/",
            _ => return None,
        };
        self.mcp.as_ref().map(|mcp| (mcp, route))
    }

    async fn other(&self, request: Request<Body>) -> Response {
        let Ok(response) = self.others.clone().oneshot(request).await;
        response
    }
}

impl Mcp {
    /// Boxed, since all that lies around it would otherwise carry its state along.
    fn answer(&self, request: Request<Body>) -> BoxFuture<'_, Response> {
        let door = |request| self.entrance.answer(request);
        let way_in = move |request| middleware::way_in(&self.layers, request, Next::to(door));
        match &self.taker {
            Some(taker) => Box::pin(handover::take(taker, request, Next::to(way_in))),
            None => Box::pin(way_in(request)),
        }
    }
}

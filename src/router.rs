//! The page of routes: what is public, and what needs a caller.

use axum::Router;

use crate::app::App;
use crate::middleware::session::Binding;
use crate::middleware::{self, Layers, address};

/// Every route of the server, and those of the listener for other replicas where there is one.
pub fn routers(app: App) -> (Router, Option<Router>) {
    let App { door, gate, allowed, body, oauth, health, admission, running, proxies, .. } = app;

    // GET /livez, GET /readyz: asked by address, so that no host is checked.
    let health = health.routes();

    // GET /.well-known/…, POST /register, GET /authorize, POST /authorize/consent,
    // GET /oauth/callback, POST /token, GET and POST /confirm/{id}
    let public = oauth.routes();

    // POST, GET, DELETE /mcp and /mcp/
    let routes = door.routes(&allowed, body);
    let (names, forwarder) = (app.names, app.forwarder);
    let binding = Binding { sessions: door.sessions(), names, goes_on: true };
    let layers = Layers { gate, allowed, binding, forwarder, body, admission };
    let authenticated = middleware::around_mcp(routes.clone(), layers.clone());

    // The same for what other replicas hand over, where no balancer comes.
    let handed_over = app.taker.map(|taker| {
        let routes = middleware::around_handed_over(routes, layers, taker);
        middleware::around_all(routes, running.clone(), address::Proxies::default())
    });

    let all = Router::new().merge(health).merge(public).merge(authenticated);
    (middleware::around_all(all, running, proxies), handed_over)
}

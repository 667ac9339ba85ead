//! The page of routes: what is public, and what needs a caller.

use axum::Router;

use crate::app::App;
use crate::middleware::{self, Layers};

/// Every route of the server.
pub fn router(app: App) -> Router {
    let App { door, gate, allowed, body, oauth, health, running, proxies, .. } = app;

    // GET /livez, GET /readyz: asked by address, so that no host is checked.
    let health = health.routes();

    // GET /.well-known/…, POST /register, GET /authorize, POST /authorize/consent,
    // GET /oauth/callback, POST /token, GET and POST /confirm/{id}
    let public = oauth.routes();

    // POST, GET, DELETE /mcp and /mcp/
    let routes = door.routes(&allowed, body);
    let layers = Layers { gate, allowed, sessions: door.sessions(), body };
    let authenticated = middleware::around_mcp(routes, layers);

    let all = Router::new().merge(health).merge(public).merge(authenticated);
    middleware::around_all(all, running, proxies)
}

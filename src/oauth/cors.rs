//! Lets pages of any origin read an endpoint (Fetch standard, CORS). For what browser-based clients
//! need before they have a token, and only for that: metadata, `/register` and `/token`. No cookie of
//! ours counts there, so an origin proves nothing and is not asked for.

use std::time::Duration;

use axum::Router;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Method};
use tower_http::cors::{Any, CorsLayer};

/// Opens the routes of `router` to pages of any origin; answers their preflights.
pub fn open<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    router.route_layer(
        CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
            .allow_headers([CONTENT_TYPE, AUTHORIZATION, VERSION])
            .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER, REQUEST_ID])
            .max_age(Duration::from_mins(10)),
    )
}

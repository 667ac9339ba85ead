//! Stub.
use super::Facade;
use axum::Router;
use std::sync::Arc;
/// Stub.
pub fn routes(_: Arc<Facade>) -> Router {
    Router::new()
}

//! Stub.
use super::Facade;
use super::failure::Failure;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
pub(super) async fn show(State(_): State<Arc<Facade>>) -> Response {
    Failure::NO_LINK.page(None)
}
pub(super) async fn answer(State(_): State<Arc<Facade>>) -> Response {
    Failure::NO_LINK.page(None)
}
pub(super) async fn signed_in(_: &Facade, _: &str, _: &str, _: &str, _: Option<&str>) -> Response {
    Failure::NO_LINK.page(None)
}

//! Entra's moods: what the client is told when the leg to it fails.

use osier::demo::{Endpoint, Fault};

use super::LOOPBACK;
use crate::harness::{Assistant, TestApp};

#[tokio::test]
async fn an_outage_is_told_as_one_and_nobody_loses_the_connection() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let first = assistant.sign_in("ben").await;
    app.around.entra().inject(Endpoint::Token, Fault::answer(503, ""));
    let answer = assistant.refresh(&first.refresh_token()).await;
    assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    app.around.entra().wire().heal();
    assert_eq!(assistant.refresh(&first.refresh_token()).await.status, 200);
}

//! HTTP clients as `outbound` makes them, and the cap under which bodies are read.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse as _;
use axum::routing::get;
use bytes::Bytes;
use futures::StreamExt as _;
use http::StatusCode;
use http::header::LOCATION;
use osier::outbound::{Limits, Reach, ReadFault, client, read_capped};

const LONG: Duration = Duration::from_secs(10);

/// A body without a stated length: `count` pieces of ten bytes, each after a pause.
fn pieces(count: usize, pause: Duration) -> Body {
    let pieces = futures::stream::iter(0..count).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(Bytes::from_static(b"0123456789"))
    });
    Body::from_stream(pieces)
}

async fn serve() -> String {
    let broken = || async {
        // The head and the first piece get out before the connection ends.
        let first = futures::stream::iter([Ok(Bytes::from_static(b"0123"))]);
        let end = futures::stream::once(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(std::io::Error::other("broke"))
        });
        Body::from_stream(first.chain(end))
    };
    let app = Router::new()
        .route("/stated", get(|| async { "x".repeat(100) }))
        .route("/pieces", get(|| async { pieces(10, Duration::ZERO) }))
        .route("/slow", get(|| async { pieces(10, Duration::from_millis(200)) }))
        .route("/broken", get(broken))
        .route("/away", get(|| async { (StatusCode::FOUND, [(LOCATION, "/stated")]) }))
        .route(
            "/asked",
            get(|request: Request| async move {
                let names = request.headers().keys().map(http::HeaderName::as_str);
                names.collect::<Vec<_>>().join(" ").into_response()
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    base
}

#[tokio::test]
async fn bodies_are_read_under_a_cap() {
    let (base, http) = (serve().await, client(&Limits::calls(LONG, Reach::Private)).unwrap());
    let read = async |path: &str, cap, within| {
        let response = http.get(format!("{base}{path}")).send().await.unwrap();
        read_capped(response, cap, within).await.map(|body| body.len())
    };
    for path in ["/stated", "/pieces"] {
        assert_eq!(read(path, 100, LONG).await, Ok(100), "{path}");
        assert_eq!(read(path, 99, LONG).await, Err(ReadFault::TooLong), "{path}");
        assert_eq!(read(path, 0, LONG).await, Err(ReadFault::TooLong), "{path}");
    }
    assert_eq!(read("/slow", 100, LONG).await, Ok(100));
    let hurry = Duration::from_millis(500);
    assert_eq!(read("/slow", 100, hurry).await, Err(ReadFault::TooSlow));
    assert_eq!(read("/broken", 100, LONG).await, Err(ReadFault::Broken));
}

#[tokio::test]
async fn clients_ask_for_what_was_asked_and_no_more() {
    let (base, http) = (serve().await, client(&Limits::documents()).unwrap());
    let answer = http.get(format!("{base}/away")).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let asked = http.get(format!("{base}/asked")).send().await.unwrap().text().await.unwrap();
    let mut names: Vec<&str> = asked.split(' ').collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "host", "user-agent"]);
}

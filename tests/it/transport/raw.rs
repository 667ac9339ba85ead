//! Requests that two readers could take for different ones (case 66), byte by byte.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::TestApp;

/// Sends bytes and reads until the server closes or has nothing more to say.
async fn exchange(app: &TestApp, request: &str) -> (String, bool) {
    let address = app.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let patience = std::time::Duration::from_millis(700);
    let mut closed = false;
    let mut chunk = [0; 4096];
    while let Ok(read) = tokio::time::timeout(patience, stream.read(&mut chunk)).await {
        match read {
            Ok(0) | Err(_) => {
                closed = true;
                break;
            }
            Ok(length) => answer.extend_from_slice(&chunk[..length]),
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), closed)
}

#[tokio::test]
async fn case_066_smuggled_requests_are_refused_and_the_connection_closed() {
    let app = TestApp::new().await;
    let host = app.url.trim_start_matches("http://").to_owned();
    let token = app.token("ana");
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    );
    let inner = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let length = inner.len();
    let chunked = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    for (name, request) in [
        (
            "both lengths differ",
            format!("{head}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{inner}"),
        ),
        ("a length list", format!("{head}Content-Length: 0, {length}\r\n\r\n{inner}")),
        ("a signed length", format!("{head}Content-Length: +{length}\r\n\r\n{inner}")),
        ("a hex length", format!("{head}Content-Length: 0x{length:x}\r\n\r\n{inner}")),
        (
            "another coding",
            format!("{head}Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\n0\r\n{inner}"),
        ),
        (
            "chunked, but not last",
            format!("{head}Transfer-Encoding: chunked, identity\r\n\r\n{chunked}"),
        ),
        ("a folded line", format!("{head}X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n")),
        ("a space before the colon", format!("{head}Content-Length : {length}\r\n\r\n{inner}")),
        ("a bare CR", format!("{head}X-Bare: a\rb\r\nContent-Length: 0\r\n\r\n")),
        ("a NUL", format!("{head}X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n")),
        (
            "a bad chunk size",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{inner}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk size that overflows",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n"),
        ),
    ] {
        let (answer, closed) = exchange(&app, &request).await;
        assert!(!answer.contains("alive"), "{name}: the inner request was served: {answer}");
        assert!(closed, "{name}: the connection is still open: {answer}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
    }
}

#[tokio::test]
async fn case_066_of_two_framings_the_chunks_count_and_nothing_is_left_over() {
    let app = TestApp::new().await;
    let host = app.url.trim_start_matches("http://").to_owned();
    let inner = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\n{inner}"
    );
    let (answer, _) = exchange(&app, &request).await;
    // RFC 9112 §6.3: the transfer coding overrides the length, and the connection ends after it.
    assert!(!answer.contains("alive"), "{answer}");
}

#[tokio::test]
async fn a_header_that_never_ends_ends_the_connection() {
    let app = TestApp::new().await;
    let long = format!("GET /livez HTTP/1.1\r\nX-Long: {}\r\n\r\n", "a".repeat(200_000));
    let (answer, closed) = exchange(&app, &long).await;
    assert!(closed);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_refused_request_may_send_its_body_late_and_keeps_its_connection() {
    let app = TestApp::new().await;
    let host = app.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut chunk = [0; 4096];
    let soon = std::time::Duration::from_millis(20);
    let early = tokio::time::timeout(soon, stream.read(&mut chunk)).await;
    assert!(early.is_err(), "answered before the body came");
    stream.write_all(b"{}").await.unwrap();
    for expected in ["HTTP/1.1 401", "HTTP/1.1 200"] {
        let length = stream.read(&mut chunk).await.unwrap();
        let answer = String::from_utf8_lossy(&chunk[..length]).into_owned();
        assert!(answer.starts_with(expected), "{answer}");
        assert!(!answer.contains("connection: close"), "{answer}");
        let next = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(next.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_request_whose_body_never_comes_is_answered_and_its_connection_closed() {
    let app = TestApp::new().await;
    let host = app.url.trim_start_matches("http://").to_owned();
    let head = format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n");
    let (answer, closed) = exchange(&app, &head).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(closed);
}

//! Only one well-formed JSON-RPC message is let through (cases 63 and 65).

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Client, TestApp, Version};

async fn refused(client: &Client, body: impl Into<Vec<u8>>) -> (u16, Value) {
    let response = client.post_bytes(body.into(), HeaderMap::new()).await;
    let status = response.status().as_u16();
    let message: Value = response.json().await.unwrap_or(Value::Null);
    (status, message)
}

/// The body of a `tools/list` with these members beside `jsonrpc` and `method`.
fn with(members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"tools/list",{members}}}"#)
}

/// A name, a body, and the status and code of the answer.
fn hostile() -> Vec<(&'static str, Vec<u8>, u16, i64)> {
    let (parse, invalid) = (-32700, -32600);
    let deep = |open: &str, close: &str, depth: usize| {
        with(&format!(r#""id":1,"params":{{"x":{}1{}}}"#, open.repeat(depth), close.repeat(depth)))
    };
    let many = (0..1_000_000).map(|n| format!(r#""{n}":0"#)).collect::<Vec<_>>().join(",");
    let some = (0..100_001).map(|_| "0").collect::<Vec<_>>().join(",");
    vec![
        ("nothing", b"".to_vec(), 400, parse),
        ("half", br#"{"jsonrpc":"2.0","#.to_vec(), 400, parse),
        ("two", [with(r#""id":1"#), with(r#""id":2"#)].concat().into(), 400, parse),
        ("a batch", format!("[{}]", with(r#""id":1"#)).into(), 400, invalid),
        ("an empty batch", b"[]".to_vec(), 400, invalid),
        ("a text", br#""tools/list""#.to_vec(), 400, invalid),
        ("a number", b"1".to_vec(), 400, invalid),
        ("null", b"null".to_vec(), 400, invalid),
        ("depth 65 of arrays", deep("[", "]", 63).into(), 400, invalid),
        ("depth 10,000 of arrays", deep("[", "]", 10_000).into(), 400, invalid),
        ("depth 10,000 of objects", deep(r#"{"a":"#, "}", 10_000).into(), 400, invalid),
        ("a million keys", with(&format!(r#""id":1,"params":{{{many}}}"#)).into(), 413, invalid),
        (
            "100,001 elements",
            with(&format!(r#""id":1,"params":{{"x":[{some}]}}"#)).into(),
            400,
            invalid,
        ),
        ("a key twice", with(r#""id":1,"id":2"#).into(), 400, invalid),
        (
            "a key twice, deep",
            with(r#""id":1,"params":{"a":[{"b":1,"b":1}]}"#).into(),
            400,
            invalid,
        ),
        (
            "a key twice, once escaped",
            with(r#""id":1,"params":{"ab":1,"\u0061b":1}"#).into(),
            400,
            invalid,
        ),
        (
            "Method",
            br#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#.to_vec(),
            400,
            invalid,
        ),
        (
            "METHOD alone",
            br#"{"jsonrpc":"2.0","id":1,"METHOD":"tools/list"}"#.to_vec(),
            400,
            invalid,
        ),
        ("Params", with(r#""id":1,"Params":{}"#).into(), 400, invalid),
        ("ID", with(r#""ID":1"#).into(), 400, invalid),
        ("id null", with(r#""id":null"#).into(), 400, invalid),
        ("id 1.5", with(r#""id":1.5"#).into(), 400, invalid),
        ("id 1.0", with(r#""id":1.0"#).into(), 400, invalid),
        ("id true", with(r#""id":true"#).into(), 400, invalid),
        ("id an object", with(r#""id":{}"#).into(), 400, invalid),
        ("id too large", with(r#""id":9223372036854775808"#).into(), 400, invalid),
        ("params an array", with(r#""id":1,"params":[]"#).into(), 400, invalid),
        ("params null", with(r#""id":1,"params":null"#).into(), 400, invalid),
        ("method a number", br#"{"jsonrpc":"2.0","id":1,"method":1}"#.to_vec(), 400, invalid),
        ("no method", br#"{"jsonrpc":"2.0","id":1}"#.to_vec(), 400, invalid),
        ("jsonrpc 1.0", br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#.to_vec(), 400, invalid),
        ("no jsonrpc", br#"{"id":1,"method":"ping"}"#.to_vec(), 400, invalid),
        ("a request and a response", with(r#""id":1,"result":{}"#).into(), 400, invalid),
        (
            "result and error",
            br#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#.to_vec(),
            400,
            invalid,
        ),
        ("NaN", with(r#""id":1,"params":{"x":NaN}"#).into(), 400, parse),
        ("Infinity", with(r#""id":1,"params":{"x":1e999}"#).into(), 400, parse),
        ("a comment", with(r#""id":1/**/"#).into(), 400, parse),
        ("a lone surrogate", with(r#""id":1,"params":{"x":"\ud800"}"#).into(), 400, parse),
        ("a lone surrogate as key", with(r#""id":1,"params":{"\udc00":1}"#).into(), 400, parse),
        ("a BOM", [b"\xef\xbb\xbf".as_slice(), with(r#""id":1"#).as_bytes()].concat(), 400, parse),
        (
            "not UTF-8",
            [b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\"".as_slice(), b"}"].concat(),
            400,
            parse,
        ),
        (
            "UTF-16",
            with(r#""id":1"#).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            400,
            parse,
        ),
        ("a control sign", with("\"id\":\"a\nb\"").into(), 400, parse),
    ]
}

#[tokio::test]
async fn case_063_only_one_well_formed_message_is_read() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for (name, body, status, code) in hostile() {
        let (got, message) = refused(&ana, body).await;
        assert_eq!(got, status, "{name}: {message}");
        assert_eq!(message["error"]["code"], code, "{name}: {message}");
        assert_eq!(message.get("id"), Some(&Value::Null), "{name}: {message}");
        // Not a word of what was sent or of where the reader stumbled.
        assert!(message["error"]["message"].as_str().unwrap().len() < 80, "{name}: {message}");
    }
    // As deep as may be still passes, and the server is none the worse.
    let deepest = format!("{}1{}", "[".repeat(62), "]".repeat(62));
    let deepest: Value = serde_json::from_str(&deepest).unwrap();
    assert_eq!(ana.request("tools/list", json!({"x": deepest})).await.status, 200);
    assert!(!ana.tools().await.is_empty());
}

#[tokio::test]
async fn case_065_media_types_codings_and_lengths() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let body = ana.envelope("tools/list", json!({}));
    let answer = async |name: &'static str, value: &'static str| {
        let mut headers = ana.headers(&body);
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        ana.post(&body, headers).await.status().as_u16()
    };
    for (name, value, status) in [
        ("content-type", "application/json", 200),
        ("content-type", "Application/JSON; charset=UTF-8", 200),
        ("content-type", "application/json; charset=\"utf-8\"", 200),
        ("content-type", "application/json; charset=utf-16", 415),
        ("content-type", "application/json; charset=iso-8859-1", 415),
        ("content-type", "text/plain", 415),
        ("content-type", "application/x-www-form-urlencoded", 415),
        ("content-type", "application/jsonp", 415),
        ("content-type", "application/json, text/plain", 415),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity", 415),
        ("accept", "application/json", 406),
        ("accept", "text/event-stream", 406),
        ("accept", "text/html", 406),
        ("accept", "application/json, text/event-stream;q=0", 406),
    ] {
        assert_eq!(answer(name, value).await, status, "{name}: {value}");
    }
    // No media type at all.
    let request = app.http.post(format!("{}/mcp", app.url)).bearer_auth(app.token("ana"));
    let request = request.header("accept", "application/json, text/event-stream");
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn case_065_a_long_body_is_refused_announced_or_not() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let long = ana.envelope("tools/list", json!({"x": "a".repeat(5_000_000)})).to_string();
    assert_eq!(refused(&ana, long.clone()).await.0, 413);
    // In chunks and without a length, so that only counting tells.
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        long.as_bytes().chunks(50_000).map(|chunk| Ok(chunk.to_vec())).collect();
    let request = app
        .http
        .post(format!("{}/mcp", app.url))
        .bearer_auth(app.token("ana"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(chunks)));
    match request.send().await {
        Ok(response) => assert_eq!(response.status(), 413),
        // The answer can come while the client still sends, and be lost with the connection.
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    assert!(!ana.tools().await.is_empty());
}

#[tokio::test]
async fn parameters_that_do_not_fit_their_method_are_an_error_of_the_request() {
    let app = TestApp::new().await;
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        let reply =
            ana.request("tools/call", json!({"name": "list_sites", "arguments": [1]})).await;
        assert_eq!(reply.code(), Some(-32602), "{version:?}: {reply:?}");
        let reply = ana.request("no/such/method", json!({})).await;
        assert_eq!(reply.code(), Some(-32601), "{version:?}: {reply:?}");
        let reply = ana.request("tools/list", json!({"cursor": "x"})).await;
        assert_eq!(reply.code(), Some(-32602), "{version:?}: {reply:?}");
    }
}

//! What callers send.

use http::{HeaderName, HeaderValue};
use osier::catalog::{self, Files};
use osier::demo::{ANA, Endpoint, Fault};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::Watched;
use crate::harness::{Answered, Client};

/// A canary in every argument of every tool, where it fits and where it doesn't.
pub async fn arguments(watched: &Watched) {
    let catalog = catalog::load(&Files::built_in()).unwrap();
    let ana = watched.ana().await;
    for tool in catalog.tools() {
        let name = &tool.id.name;
        let properties = tool.input.schema["properties"].as_object().unwrap();
        for (index, argument) in properties.keys().enumerate() {
            let word = watched.word(&format!("{name}.{argument}"));
            // As a text, and in turns as something else.
            let other = [json!([word]), json!({"x": word}), json!({(&word): 1})][index % 3].clone();
            for value in [json!(word), other] {
                ana.call(name, json!({(argument): value})).await;
            }
        }
        let word = watched.word(&format!("an argument that {name} doesn't have"));
        ana.call(name, json!({(&word): &word})).await;
    }
    // Where all is as it should be, up to a write.
    let site = osier::demo::SITE_60M;
    let ticket = json!({
        "siteId": site, "priority": 1,
        "summary": watched.word("a good summary"),
        "description": watched.word("a good description"),
    });
    let made = ana.call_answering("create_ticket", ticket, Answered::Yes).await;
    let id = made.item()["id"].clone();
    let change = json!({"ticketId": id, "notes": watched.word("good notes")});
    assert!(!ana.call_answering("update_ticket", change, Answered::Yes).await.is_error());
    let comment = json!({"ticketId": id, "text": watched.word("a good comment")});
    assert!(!ana.call_answering("add_ticket_comment", comment, Answered::Yes).await.is_error());
    let found = ana.call("list_tickets", json!({"q": watched.word("a search")})).await;
    assert!(found.items().is_empty());
}

/// Names of tools, prompts, resources and methods that there aren't.
pub async fn names(watched: &Watched) {
    let ana = watched.ana().await;
    let word = |what: &str| watched.word(what);
    ana.call(&word("a tool's name"), json!({"x": word("an argument of no tool")})).await;
    for (method, params) in [
        ("prompts/get", json!({"name": word("a prompt's name"), "arguments": {"x": word("y")}})),
        ("resources/read", json!({"uri": word("a resource's URI")})),
        ("resources/subscribe", json!({"uri": word("a subscription's URI")})),
        ("logging/setLevel", json!({"level": word("a log level")})),
        ("tools/list", json!({"cursor": word("a list's cursor")})),
        ("prompts/list", json!({"cursor": word("a list's cursor")})),
        ("tools/call", json!({"name": word("a name"), "arguments": [word("arguments")]})),
        ("tools/call", json!({"nome": word("no name")})),
        ("initialize", json!({"protocolVersion": word("a version")})),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": word("a completed prompt")},
                "argument": {"name": word("a completed argument"), "value": word("a beginning")},
            }),
        ),
        (
            "ping",
            json!({"_meta": {
                "progressToken": word("a progress token"),
                (word("a _meta key")): word("a _meta value"),
            }}),
        ),
    ] {
        ana.request(method, params).await;
    }
    ana.request(&word("a method"), json!({(word("a parameter")): word("a value")})).await;
    let mut body = ana.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    body["id"] = json!(word("a JSON-RPC id"));
    let meta = "io.modelcontextprotocol/";
    if watched.version.is_stateless() {
        let info = json!({
            "name": format!("<{}>", word("a client's name")),
            "version": format!("{}!", word("a client's version")),
            "title": word("a client's title"),
            "websiteUrl": format!("https://{}.example", word("a client's site")),
        });
        body["params"]["_meta"][format!("{meta}clientInfo")] = info;
        let capability = json!({(word("a capability")): {"x": word("a capability's value")}});
        body["params"]["_meta"][format!("{meta}clientCapabilities")]["experimental"] = capability;
        body["params"]["_meta"]["traceparent"] = json!(word("a traceparent in _meta"));
    }
    ana.post(&body, ana.headers(&body)).await;
    for method in ["cancelled", "progress", "roots/list_changed", &word("a notification")] {
        let params = json!({
            "requestId": word("a request's id"), "reason": word("a reason"),
            "progressToken": word("a token of progress"), "message": word("a message"),
        });
        let body = json!({
            "jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": params,
        });
        ana.post(&body, HeaderMap::new()).await;
    }
}

/// Headers, paths and queries, with a good token and without one.
pub async fn headers(watched: &Watched) {
    let names = [
        "user-agent",
        "cookie",
        "referer",
        "origin",
        "x-forwarded-for",
        "x-forwarded-user",
        "x-request-id",
        "x-correlation-id",
        "traceparent",
        "tracestate",
        "baggage",
        "via",
        "last-event-id",
        "mcp-session-id",
        "mcp-name",
        "mcp-method",
        "mcp-protocol-version",
        "mcp-param-siteid",
        "accept-language",
        "if-match",
        "idempotency-key",
        "x-api-key",
        "proxy-authorization",
        "x-ms-client-principal",
        "forwarded",
        "host",
        "accept",
        "content-type",
        "content-encoding",
        "expect-ct",
        "x-canary",
    ];
    let ana = watched.ana().await;
    let body = ana.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    for name in names {
        let mut headers = ana.headers(&body);
        let word = watched.word(&format!("the header {name}"));
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(word).unwrap());
        ana.post(&body, headers).await;
    }
    let word = watched.word("a header's name");
    let mut headers = ana.headers(&body);
    headers.insert(HeaderName::try_from(word).unwrap(), HeaderValue::from_static("x"));
    ana.post(&body, headers).await;
    let url = &watched.server.url;
    let word = |what: &str| watched.word(what);
    for path in [
        format!("/mcp?access_token={}", word("a token in the query")),
        format!("/mcp/{}", word("a path below /mcp")),
        format!("/{}?x={}", word("a path"), word("a query")),
        format!("/.well-known/{}", word("a well-known path")),
        format!("/readyz?{}", word("a query of /readyz")),
        format!("/.well-known/oauth-protected-resource?{}", word("a query of the metadata")),
    ] {
        for method in [http::Method::GET, http::Method::POST, http::Method::DELETE] {
            let request = watched.http.request(method, format!("{url}{path}"));
            request.header("user-agent", word("an agent without a token")).send().await.unwrap();
        }
    }
    let odd = http::Method::from_bytes(word("a verb").as_bytes()).unwrap();
    watched.http.request(odd, format!("{url}/mcp")).send().await.unwrap();
}

/// Bodies that are no messages.
pub async fn bodies(watched: &Watched) {
    let ana = watched.ana().await;
    let word = |what: &str| watched.word(what);
    let bodies = [
        word("a body"),
        format!("{{\"jsonrpc\": \"2.0\", \"id\": 1, \"{}", word("a torn body")),
        format!("{{\"{}\": nul}}", word("a body with a typo")),
        format!("[{{\"x\": \"{}\"}}]", word("a batch")),
        format!("{{\"x\": 1, \"x\": \"{}\"}}", word("a key twice")),
        format!("{{\"{0}\": 1, \"{0}\": 2}}", word("a key, twice")),
        format!("{{\"jsonrpc\": \"{}\", \"id\": 1}}", word("a version of JSON-RPC")),
        format!("\"{}\"", word("a text")),
        format!(
            "{{\"jsonrpc\": \"2.0\", \"id\": \"{}\", \"result\": {{\"x\": \"{}\"}}}}",
            word("an answer's id"),
            word("an answer to nothing")
        ),
        format!(
            "{{\"jsonrpc\": \"2.0\", \"id\": 7, \"error\": {{\"code\": 1, \"message\": \"{}\"}}}}",
            word("an error to nothing")
        ),
    ];
    for body in bodies {
        ana.post_bytes(body.into_bytes(), HeaderMap::new()).await;
    }
    let long = format!("{}{}", word("a long body"), "x".repeat(5_000_000));
    let long = watched.http.post(format!("{}/mcp", watched.server.url)).body(long);
    // Its answer may come before it was sent, and then the connection breaks.
    let _ = long.bearer_auth(&ana.token).header("content-type", "application/json").send().await;
    let torn = [word("a body that isn't UTF-8").as_bytes(), b"\xff\xfe"].concat();
    ana.post_bytes(torn, HeaderMap::new()).await;
}

/// Tokens that nobody is let in with.
pub async fn tokens(watched: &Watched) {
    let entra = watched.around.entra();
    let word = |what: &str| watched.word(what);
    let with = |claim: &str, value: Value| {
        entra.mint(&ANA, |claims| {
            claims.insert(claim.to_owned(), value);
            claims.insert("more".to_owned(), watched.word("a claim of a bad token").into());
        })
    };
    let header = |name: &str| {
        let value = watched.word(&format!("the header parameter {name}"));
        entra.mint_with(&ANA, |header, _| {
            header.insert(name.to_owned(), value.into());
        })
    };
    let mut tokens: Vec<String> = ["aud", "iss", "tid", "oid", "exp", "nbf", "iat", "ver", "scp"]
        .into_iter()
        .map(|claim| with(claim, json!(word(&format!("the claim {claim} of a bad token")))))
        .collect();
    tokens.push(with("scp", json!([word("a scope in a list")])));
    tokens.push(with("idtyp", json!(word("idtyp"))));
    tokens.extend(["alg", "typ", "jku", "x5u", "jwk", "crit", "nonce", "enc"].map(header));
    tokens.push(entra.sign("{\"alg\":\"RS256\"}", word("a payload that isn't JSON")));
    tokens.push(entra.sign(word("a header that isn't JSON"), "{}"));
    let forged = format!("{{\"name\":\"{}\"}}", word("a forged claim"));
    let header = json!({"alg": "RS256", "kid": entra.kid()}).to_string();
    tokens.push(entra.sign_with_a_foreign_key(header, forged).unwrap());
    tokens.push(word("no token at all"));
    tokens.push(format!("{0}.{0}.{0}", word("three words")));
    for token in &tokens {
        watched.canaries.token(token);
        let (http, url) = (&watched.http, &watched.server.url);
        let nobody = Client::connect(http, url, token.clone(), watched.version).await;
        nobody.request("tools/list", json!({})).await;
    }
    // A key that nobody knows makes it ask for the keys, which aren't what they should be.
    let fault = Fault::answer(500, word("an error of the issuer"))
        .header("x-canary", &word("a header of the issuer"));
    entra.inject(Endpoint::Keys, fault);
    entra.inject(Endpoint::Discovery, Fault::answer(200, word("a discovery document")));
    let kid = entra.mint_with(&ANA, |header, _| {
        header.insert("kid".to_owned(), watched.word("an unknown kid").into());
    });
    watched.canaries.token(&kid);
    let (http, url) = (&watched.http, &watched.server.url);
    let nobody = Client::connect(http, url, kid, watched.version).await;
    assert_ne!(nobody.request("tools/list", json!({})).await.status, 200);
    entra.wire().heal();
    for odd in ["Basic", "Digest", "Bearer", ""] {
        let value = format!("{odd} {} {}", word("an odd scheme"), word("and more"));
        let asked = watched.http.post(format!("{url}/mcp")).header("authorization", value.trim());
        asked.send().await.unwrap();
    }
    let twice = watched.http.post(format!("{url}/mcp"));
    let twice = twice.bearer_auth(word("one of two tokens")).bearer_auth(word("two of two tokens"));
    twice.send().await.unwrap();
}

//! A session lives on one replica, and any replica serves it: requests, answers, streams and DELETE go
//! on to the owner, for its person alone (cases 60 to 62). The owner believes nobody but a replica.

use std::time::Duration;

use http::Method;
use osier::seal::{KeyRing, Purpose};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{ben, new_ticket, pair, tickets};
use crate::harness::{Answered, Client, Events, Front, Open, TestApp, Version};

async fn session(front: &Front, token: String, version: Version) -> Client {
    Client::connect(&front.http, &front.url, token, version).await
}

/// Any request with a session's name; status and body.
async fn ask(
    front: &Front,
    method: Method,
    token: &str,
    name: &str,
    body: Option<&Value>,
) -> (u16, String) {
    let mut request = front
        .http
        .request(method, format!("{}/mcp", front.url))
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("mcp-session-id", name)
        .timeout(Duration::from_secs(5));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn stream(front: &Front, client: &Client, last: Option<&str>) -> reqwest::Response {
    let mut request = front
        .http
        .get(format!("{}/mcp", front.url))
        .bearer_auth(&client.token)
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("mcp-session-id", client.session.as_ref().unwrap());
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_served_by_every_replica_and_a_question_answered_at_another() {
    let (front, a, b, _) = pair(&[]).await;
    for (number, version) in
        [Version::V2025_03_26, Version::V2025_06_18, Version::V2025_11_25].into_iter().enumerate()
    {
        front.send_to(&a);
        let client = session(&front, ben(&a), version).await;
        let here = client.tools().await;
        front.send_to(&b);
        assert_eq!(client.tools().await, here, "{version:?}");
        // Asked by way of B, answered by way of B; then asked by A, answered at B, and so on.
        for (asked, answered, round) in [(&b, &b, 0), (&a, &b, 1), (&b, &a, 2)] {
            let summary = format!("Round {number} {round}");
            front.send_to(asked);
            let open = Open::call(&client, "create_ticket", &new_ticket(&summary)).await;
            assert!(open.question.contains(&summary));
            front.send_to(answered);
            assert_eq!(client.answer_question(&open.id, &Answered::Yes).await, 202);
            assert!(!open.end().await.is_error());
            assert_eq!(tickets(&a, &summary), 1);
        }
        // The session's own stream, and its end.
        front.send_to(&b);
        assert_eq!(stream(&front, &client, None).await.status(), 200);
        let name = client.session.clone().unwrap();
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        assert_eq!(ask(&front, Method::DELETE, &client.token, &name, None).await.0, 204);
        for replica in [&a, &b] {
            front.send_to(replica);
            assert_eq!(ask(&front, Method::POST, &client.token, &name, Some(&list)).await.0, 404);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_questions_of_a_session_asked_at_two_replicas_do_not_answer_each_other() {
    let (front, a, b, _) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    let harmless = Open::call(&client, "create_ticket", &new_ticket("Harmless")).await;
    front.send_to(&b);
    let grave = Open::call(&client, "create_ticket", &new_ticket("Grave")).await;
    assert_ne!(harmless.id, grave.id);
    assert_eq!(client.answer_question(&grave.id, &Answered::No).await, 202);
    front.send_to(&a);
    assert_eq!(client.answer_question(&harmless.id, &Answered::Yes).await, 202);
    assert!(!harmless.end().await.is_error());
    assert!(grave.end().await.is_error());
    assert_eq!((tickets(&a, "Harmless"), tickets(&a, "Grave")), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_062_a_stream_is_taken_up_again_at_another_replica_by_its_person_alone() {
    let (front, a, b, _) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    // The call's own stream breaks under the question; what follows is read at the other replica.
    let body = client.envelope(
        "tools/call",
        json!({"name": "create_ticket", "arguments": new_ticket("Taken up again")}),
    );
    let mut response = client.post(&body, client.headers(&body)).await;
    let mut text = String::new();
    while !(text.contains("elicitation/create") && text.ends_with("\n\n")) {
        text.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    drop(response);
    let last = text.lines().filter_map(|line| line.strip_prefix("id:")).next_back().unwrap().trim();
    let question = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let question = question.filter_map(|data| serde_json::from_str::<Value>(data).ok()).next_back();
    let question = question.unwrap();
    front.send_to(&b);
    let mut mallory = session(&front, a.token("ana"), Version::V2025_11_25).await;
    mallory.session.clone_from(&client.session);
    assert_eq!(stream(&front, &mallory, Some(last)).await.status(), 404);
    let taken_up = stream(&front, &client, Some(last)).await;
    assert_eq!(taken_up.status(), 200);
    let mut events = Events::of(taken_up);
    assert_eq!(client.answer_question(&question["id"], &Answered::Yes).await, 202);
    // What was sent last may be sent again.
    let done = async {
        loop {
            let message = events.next().await.unwrap();
            if message.get("method").is_none() {
                return message;
            }
            assert_eq!(message, question);
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(10), done).await.unwrap();
    assert_eq!(done["id"], body["id"], "{done}");
    assert_eq!(tickets(&a, "Taken up again"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_060_a_name_is_of_one_person_at_every_replica_and_a_replica_that_is_gone_is_like_none()
{
    let (front, a, b, _) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    let name = client.session.clone().unwrap();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let yes = json!({"jsonrpc": "2.0", "id": 0, "result": Answered::Yes.result()});
    let ana = a.token("ana");
    let uses = [
        (Method::POST, Some(&list)),
        (Method::POST, Some(&yes)),
        (Method::GET, None),
        (Method::DELETE, None),
    ];
    let mut refusals = Vec::new();
    for replica in [&a, &b] {
        front.send_to(replica);
        for (method, body) in &uses {
            refusals.push(ask(&front, method.clone(), &ana, &name, *body).await);
            refusals.push(ask(&front, method.clone(), &ana, "unknown", *body).await);
        }
        assert_eq!(ask(&front, Method::POST, "nobody", &name, Some(&list)).await.0, 401);
    }
    assert!(!client.tools().await.is_empty());
    // A token that is worth nothing any more is refused before anything is handed over.
    let a_key = a.key.clone();
    a.stop().await;
    for (method, body) in &uses {
        refusals.push(ask(&front, method.clone(), &client.token, &name, *body).await);
    }
    assert!(refusals.iter().all(|refusal| refusal.0 == 404), "{refusals:?}");
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
    // The client starts anew.
    assert!(
        !session(&front, client.token.clone(), Version::V2025_11_25).await.tools().await.is_empty()
    );
    assert_eq!(a_key, b.key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_060_only_a_replica_is_heard_at_the_listener_for_replicas() {
    let (front, a, b, ports) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    let name = client.session.clone().unwrap();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let keys = |key: &str| {
        KeyRing::new(&data_encoding::BASE64.decode(key.as_bytes()).unwrap(), None).unwrap()
    };
    let (own, foreign) = (keys(&a.key), keys(&TestApp::new_key()));
    let digest = |body: &str| {
        let mut all = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for part in ["POST", &name, "", body] {
            all.update(&(part.len() as u64).to_be_bytes());
            all.update(part.as_bytes());
        }
        data_encoding::HEXLOWER.encode(all.finish().as_ref())
    };
    let to = format!("http://127.0.0.1:{}/", ports[0]);
    let handover = json!({
        "token": client.token, "to": to, "digest": digest(&list), "nonce": "n",
        "at": a.clock.unix_seconds(),
    });
    let with = |field: &str, value: Value| {
        let mut handover = handover.clone();
        handover[field] = value;
        handover
    };
    let send = async |port: u16, sealed: Option<String>, body: &str| {
        let mut request = front
            .http
            .post(format!("http://127.0.0.1:{port}/mcp"))
            .bearer_auth(&client.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .header("mcp-session-id", &name);
        if let Some(sealed) = sealed {
            request = request.header("osier-handover", sealed);
        }
        request.body(body.to_owned()).send().await.unwrap().status().as_u16()
    };
    let seal =
        |keys: &KeyRing, handover: &Value| Some(keys.seal(Purpose::Handover, handover).unwrap());
    assert_eq!(send(ports[0], seal(&own, &handover), &list).await, 200);
    let now = a.clock.unix_seconds();
    let other = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).to_string();
    for (what, sealed, body) in [
        ("a token alone", None, &list),
        ("no seal", Some(handover.to_string()), &list),
        ("another key", seal(&foreign, &handover), &list),
        ("another purpose", Some(own.seal(Purpose::Taken, &handover).unwrap()), &list),
        ("another replica", seal(&own, &with("to", "http://127.0.0.1:1/".into())), &list),
        ("too old", seal(&own, &with("at", (now - 120).into())), &list),
        ("of later", seal(&own, &with("at", (now + 120).into())), &list),
        ("another request", seal(&own, &handover), &other),
        ("a field more", seal(&own, &with("more", 1.into())), &list),
    ] {
        assert_eq!(send(ports[0], sealed, body).await, 403, "{what}");
    }
    // The token is validated there again, whoever asks.
    assert_eq!(send(ports[0], seal(&own, &with("token", "nobody".into())), &list).await, 401);
    let anas = with("token", a.token("ana").into());
    assert_eq!(send(ports[0], seal(&own, &anas), &list).await, 404);
    // It goes no further: B doesn't hold the session.
    let to_b = with("to", format!("http://127.0.0.1:{}/", ports[1]).into());
    assert_eq!(send(ports[1], seal(&own, &to_b), &list).await, 404);
    // At the public door such a header is nothing at all.
    let mut headers = HeaderMap::new();
    let mut ana = session(&front, a.token("ana"), Version::V2025_11_25).await;
    headers.insert("osier-handover", seal(&own, &handover).unwrap().parse().unwrap());
    ana.session = Some(name.clone());
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(ana.post(&list, headers).await.status(), 404);
    // Nor is anything else served there.
    for path in ["/livez", "/readyz", "/token", "/.well-known/oauth-protected-resource", "/"] {
        let answer = front.http.get(format!("http://127.0.0.1:{}{path}", ports[0])).send().await;
        assert_eq!(answer.unwrap().status(), 404, "{path}");
    }
    drop(b);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_060_another_program_at_the_owners_address_learns_and_tells_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (front, a, b, ports) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    a.stop().await;
    // What came to be at its address writes all down, and says that all is well.
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", ports[0])).await.unwrap();
    let into = std::sync::Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65536];
            let read = stream.read(&mut buffer).await.unwrap();
            into.lock().unwrap().extend_from_slice(&buffer[..read]);
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nosier-taken: x\r\n\
                content-length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    front.send_to(&b);
    let reply = client.request("tools/list", json!({})).await;
    assert_eq!(reply.status, 404, "{reply:?}");
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    assert!(heard.contains("osier-handover") && heard.contains("tools/list"), "{heard}");
    let signature = client.token.rsplit('.').next().unwrap();
    assert!(!heard.contains(signature) && !heard.to_lowercase().contains("bearer"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_060_an_address_that_is_not_listed_is_never_gone_to() {
    let (front, a, b, _) = pair(&[]).await;
    front.send_to(&a);
    let client = session(&front, ben(&a), Version::V2025_11_25).await;
    // A third replica has other peers.
    let mut setup = front.setup(crate::harness::Setup::default());
    setup.settings.extend(super::peering(crate::harness::three_free_ports()));
    setup.settings.insert("OSIER_KEYS__CURRENT".to_owned(), a.key.clone());
    setup.settings.insert("OSIER_REPLICAS__PEERS".to_owned(), "10.0.0.0/8,localhost".to_owned());
    let port = crate::harness::three_free_ports();
    setup.settings.insert("OSIER_REPLICAS__PEER_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
    setup
        .settings
        .insert("OSIER_REPLICAS__PEER_URL".to_owned(), format!("http://localhost:{port}"));
    let c = a.with_setup(setup).await;
    front.send_to(&c);
    assert_eq!(client.request("tools/list", json!({})).await.status, 404);
    front.send_to(&b);
    assert!(!client.tools().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_061_replies_that_are_handed_over_reach_the_client_that_asked() {
    let (front, a, b, _) = pair(&[]).await;
    let mut clients = Vec::new();
    for number in 0..12 {
        front.send_to([&a, &b][number % 2]);
        let name = ["ana", "ben"][number / 2 % 2];
        let version = [Version::V2025_06_18, Version::V2025_11_25][number / 4 % 2];
        clients.push((name, session(&front, a.token(name), version).await));
    }
    // All of them by way of one replica, each with the same ids.
    front.send_to(&a);
    let calls = clients.iter().map(async |(name, client)| {
        for round in 0..10 {
            let mut body =
                client.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
            body["id"] = json!(round % 2);
            let reply = Events::of(client.post(&body, client.headers(&body)).await).next().await;
            let reply = reply.unwrap();
            assert_eq!(reply["id"], body["id"]);
            let sites = reply["result"]["structuredContent"]["items"].as_array().unwrap().len();
            assert_eq!(sites, if *name == "ana" { 4 } else { 3 });
        }
    });
    futures::future::join_all(calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_070_a_state_of_one_replica_is_good_at_another_and_bound_there_too() {
    let (front, a, b, _) = pair(&[]).await;
    let client = session(&front, ben(&a), Version::V2026_07_28).await;
    front.send_to(&a);
    let state = async |summary: &str| {
        let asked = client.call("create_ticket", new_ticket(summary)).await;
        asked.state().unwrap().to_owned()
    };
    let (one, other) = (state("At A").await, state("Elsewhere").await);
    front.send_to(&b);
    // Other arguments, another person, another byte.
    let yes = Answered::Yes;
    assert!(client.answer("create_ticket", new_ticket("At A"), &other, &yes).await.is_error());
    let ana = session(&front, a.token("ana"), Version::V2026_07_28).await;
    assert!(ana.answer("create_ticket", new_ticket("At A"), &one, &yes).await.is_error());
    let mut altered = one.clone().into_bytes();
    altered[20] ^= 1;
    let altered = String::from_utf8_lossy(&altered).into_owned();
    assert!(client.answer("create_ticket", new_ticket("At A"), &altered, &yes).await.is_error());
    assert_eq!(tickets(&a, "At A"), 0);
    assert!(!client.answer("create_ticket", new_ticket("At A"), &one, &yes).await.is_error());
    assert_eq!(tickets(&a, "At A"), 1);
}

//! Services that answer too much, too slowly, too long, something else or with another address.

use std::time::{Duration, Instant};

use futures::StreamExt;
use osier::demo::SITE_60M;
use serde_json::{Value, json};

use super::raw::{Manner, Raw};
use crate::harness::{Answered, Setup, TestApp, Version};

const UNUSABLE: &str =
    "workflowcore gave an answer that can't be used. Its administrator should look.";
const LATE: &str = "workflowcore didn't answer in time. Ask for less, or try again in a minute.";
const UNKNOWN: &str = "The change was sent to workflowcore and may have been carried out: no answer \
                       that can be used came back. Look the record up before you try again.";
/// How long a service may take here.
const DEADLINE: Duration = Duration::from_millis(600);

/// Osier before a service of this manner in WorkflowCore's place.
async fn before(raw: &Raw) -> TestApp {
    let mut setup = Setup { strict: false, ..Setup::default() };
    let key = |name: &str| format!("OSIER_BACKENDS__WORKFLOWCORE__{name}");
    setup.settings.insert(key("BASE_URL"), raw.url.clone());
    setup.settings.insert(key("DEADLINE_MS"), DEADLINE.as_millis().to_string());
    // Each call is to see the answer.
    setup.settings.insert(key("FAILURES_TO_OPEN"), "0".to_owned());
    TestApp::with(setup).await
}

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Lamp broken", "description": "x", "priority": 3})
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

fn says(text: &str) -> Manner {
    Manner::Says(format!("{HEAD}{text}").into())
}

fn repeats(first: &str, again: &[u8]) -> Manner {
    Manner::Repeats(format!("{HEAD}{first}").into(), again.to_vec(), Duration::from_millis(1))
}

fn manners() -> Vec<(&'static str, Manner)> {
    let gzip = [HEAD, "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"].concat();
    let gzip = [gzip.as_bytes(), &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &[0; 10]].concat();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    vec![
        ("1 GB, as it says", says("Content-Length: 1000000000\r\n\r\n{")),
        ("without an end", repeats("Transfer-Encoding: chunked\r\n\r\n", chunk.as_bytes())),
        ("until the connection ends, which it doesn't", repeats("\r\n", chunk.as_bytes())),
        (
            "a byte now and then",
            Manner::Repeats(
                format!("{HEAD}Content-Length: 100000\r\n\r\n").into(),
                b" ".to_vec(),
                Duration::from_millis(50),
            ),
        ),
        ("no answer at all", Manner::Stalls(Vec::new())),
        ("half a head", Manner::Stalls(b"HTTP/1.1 200 OK\r\nContent-".to_vec())),
        ("no body", Manner::Stalls(format!("{HEAD}Content-Length: 5\r\n\r\n").into())),
        ("less than it says", says("Content-Length: 1000\r\n\r\n{\"items\":[]}")),
        ("no last chunk", says("Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ite")),
        (
            "a chunk size that is none",
            says("Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
        ),
        ("nothing", Manner::Says(Vec::new())),
        ("another protocol", Manner::Says(b"220 mail.example ESMTP\r\n".to_vec())),
        ("a head without an end", {
            let line = format!("X-Long: {}\r\n", "x".repeat(4096));
            Manner::Repeats(HEAD.into(), line.into(), Duration::from_millis(1))
        }),
        ("\"go on\" for ever", {
            let again = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
            Manner::Repeats(Vec::new(), again, Duration::from_millis(1))
        }),
        ("bytes that are no text", Manner::bytes(b"{\"items\":[{\"id\":\"\xff\xfe\"}]}")),
        ("half a surrogate", Manner::json(r#"{"items":[{"id":"\ud800"}],"after":0}"#)),
        ("a depth of 100,000", Manner::json(&format!("{{\"items\":{}", "[".repeat(100_000)))),
        ("a million rows", Manner::json(&format!("{{\"items\":[{}0]}}", "0,".repeat(1_200_000)))),
        ("garbage", Manner::json("<html>Velvastone</html>")),
        ("two answers", Manner::json("{\"items\":[]}{\"items\":[]}")),
        ("a number beyond all bounds", Manner::json("{\"items\":[],\"after\":1e999}")),
        ("a packed answer", Manner::Says(gzip)),
        ("UTF-16", Manner::bytes(&[0xff, 0xfe, b'{', 0, b'}', 0])),
        ("206", Manner::Says(b"HTTP/1.1 206 Partial\r\nContent-Length: 2\r\n\r\n{}".to_vec())),
        (
            "a status of 999",
            Manner::Says(b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
        ),
    ]
}

#[tokio::test]
async fn case_096_no_answer_of_a_service_holds_a_call_up_or_gets_through() {
    let all = manners().into_iter().enumerate().map(async |(index, (what, manner))| {
        let raw = Raw::new(manner).await;
        let app = before(&raw).await;
        let ben = app.speaking("ben", Version::ALL[index % 4]).await;
        for (tool, arguments) in [
            ("list_tickets", json!({})),
            ("list_ticket_statuses", json!({})),
            ("get_ticket_statistics", json!({"groupBy": "site"})),
        ] {
            let started = Instant::now();
            let answered = ben.call(tool, arguments).await;
            let took = started.elapsed();
            assert_eq!(answered.message["result"]["isError"], true, "{what}: {answered:?}");
            let words = answered.text();
            assert!([UNUSABLE, LATE].contains(&words.as_str()), "{what}: {words}");
            // Several servers share a thread here.
            assert!(took < DEADLINE * 10, "{what}: {took:?}");
        }
        assert!(raw.written() < 64 << 20, "{what}: {} bytes were taken", raw.written());
        // Another service isn't held up.
        assert!(!ben.call("list_sites", json!({})).await.is_error(), "{what}");
    });
    futures::stream::iter(all).buffer_unordered(6).collect::<()>().await;
}

#[tokio::test]
async fn case_096_a_write_whose_answer_is_lost_is_told_so_and_sent_once() {
    for (index, (what, manner)) in manners().into_iter().enumerate().step_by(3) {
        let raw = Raw::new(manner).await;
        let app = before(&raw).await;
        let version = [Version::V2025_06_18, Version::V2025_11_25, Version::V2026_07_28][index % 3];
        let ben = app.speaking("ben", version).await;
        let answered = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
        assert_eq!(answered.text(), UNKNOWN, "{what}");
        let requests = raw.requests();
        assert_eq!(requests.len(), 1, "{what}: {requests:?}");
        assert!(requests[0].to_lowercase().contains("\r\nidempotency-key: "), "{what}");
        let records = app.audit().await;
        assert_eq!(records.last().unwrap()["status"], "unknown", "{what}");
    }
}

#[tokio::test]
async fn case_093_a_redirect_is_never_followed_and_the_token_goes_nowhere() {
    let elsewhere = Raw::new(Manner::json("{\"items\":[],\"after\":0}")).await;
    for (index, status) in [300, 301, 302, 303, 307, 308].into_iter().enumerate() {
        let targets = [
            "/elsewhere".to_owned(),
            format!("{}/tickets", elsewhere.url),
            elsewhere.url.replace("http:", ""),
            "https://metadata.google.internal/".to_owned(),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ];
        // Each status with two of them, each of them with two statuses.
        for target in targets.iter().cycle().skip(index).take(2) {
            let head = format!(
                "HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nRefresh: 0; url={target}\r\n\
                 Link: <{target}>; rel=next\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let raw = Raw::new(Manner::Says(head.into())).await;
            let app = before(&raw).await;
            let ben = app.as_user("ben").await;
            let listed = ben.call("list_tickets", json!({})).await;
            assert_eq!(listed.text(), UNUSABLE, "{status} to {target}");
            let made = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
            assert_eq!(made.text(), UNKNOWN, "{status} to {target}");
            let requests = raw.requests();
            assert_eq!(requests.len(), 2, "{status} to {target}: {requests:?}");
            assert!(requests.iter().all(|one| one.contains(&ben.token)));
            assert!(!listed.text().contains(target) && !made.text().contains(target));
        }
    }
    assert_eq!(elsewhere.connections(), 0);
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn case_093_an_address_in_an_answer_is_not_followed_either() {
    let elsewhere = Raw::new(Manner::json("{\"items\":[],\"after\":0}")).await;
    let url = &elsewhere.url;
    let body = json!({"items": [], "after": 0, "next": url, "nextLink": url, "@odata.nextLink": url,
                      "continuationToken": url});
    let raw = Raw::new(Manner::json(&body.to_string())).await;
    let app = before(&raw).await;
    let ben = app.as_user("ben").await;
    for (tool, arguments) in [("list_tickets", json!({})), ("list_ticket_categories", json!({}))] {
        let listed = ben.call(tool, arguments).await;
        assert!(listed.items().is_empty());
        assert!(!format!("{listed:?}").contains(url), "{listed:?}");
    }
    // The address went back to the service as the token that it said it was.
    let asked = raw.requests();
    assert!(asked.iter().any(|one| one.contains("continuationToken=http%3A%2F%2F127.0.0.1")));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn case_093_a_permission_service_that_points_elsewhere_is_not_followed() {
    let elsewhere = Raw::new(Manner::json("{\"permissions\":[]}")).await;
    let head = format!(
        "HTTP/1.1 307 Moved\r\nLocation: {}/v1/me/permissions\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        elsewhere.url
    );
    let raw = Raw::new(Manner::Says(head.into())).await;
    let mut setup = Setup::default();
    setup.settings.insert("OSIER_ACCESS__URL".into(), raw.url.clone());
    let app = TestApp::with(setup).await;
    let ben = app.as_user("ben").await;
    assert_eq!(ben.request("tools/list", json!({})).await.code(), Some(-32603));
    assert_eq!((raw.requests().len(), elsewhere.connections()), (1, 0));
}

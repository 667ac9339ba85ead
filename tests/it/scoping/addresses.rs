//! What is said to a service: values stay values, in paths, queries, headers and bodies.

use osier::demo::{SITE_60M, TENANT_ID};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{Setup, TestApp, Version};

const SITES: &str = "/sitecore/sites/";

/// Values that would be somewhere else if they weren't one segment, and what they are as one.
const SPLITTING: [(&str, &str); 22] = [
    ("../admin", "..%2Fadmin"),
    ("..%2fadmin", "..%252fadmin"),
    ("%2e%2e", "%252e%252e"),
    ("%2e%2e%2f", "%252e%252e%252f"),
    (".%2e", ".%252e"),
    ("...", "..."),
    ("..;", "..%3B"),
    ("a/b", "a%2Fb"),
    ("a/../../b", "a%2F..%2F..%2Fb"),
    ("/", "%2F"),
    ("//evil.example", "%2F%2Fevil.example"),
    ("?x=1", "%3Fx%3D1"),
    ("a?siteIds=b", "a%3FsiteIds%3Db"),
    ("#top", "%23top"),
    (";v=1", "%3Bv%3D1"),
    ("\\..\\admin", "%5C..%5Cadmin"),
    ("@evil.example", "%40evil.example"),
    (":80@evil.example/", "%3A80%40evil.example%2F"),
    ("http://evil.example", "http%3A%2F%2Fevil.example"),
    ("%00", "%2500"),
    ("a b+c&d=e", "a%20b%2Bc%26d%3De"),
    ("é\u{2028}", "%C3%A9%E2%80%A8"),
];

#[tokio::test]
async fn case_089_an_argument_is_one_segment_of_the_path_or_refused() {
    let app = TestApp::lax().await;
    let wire = app.around.services().wire();
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        for (value, segment) in SPLITTING {
            for (tool, prefix, arguments) in [
                ("get_site", SITES, json!({"siteId": value})),
                ("list_floors", SITES, json!({"siteId": value})),
                ("list_workgroups", SITES, json!({"siteId": value})),
                ("list_tickets", "/sitecore/locations/", json!({"locationId": value})),
                ("get_location_tree", "/sitecore/locations/", json!({"rootId": value})),
            ] {
                wire.forget();
                let answered = ana.call(tool, arguments).await;
                assert!(answered.text().starts_with("Nothing was found for"), "{answered:?}");
                let seen: Vec<_> =
                    wire.requests().into_iter().map(|one| (one.path, one.query)).collect();
                let seen: Vec<_> =
                    seen.iter().filter(|(path, _)| !path.starts_with("/authz")).collect();
                let expected = (format!("{prefix}{segment}"), String::new());
                assert_eq!(seen, [&expected], "{tool} with {value:?}");
            }
        }
        for value in [".", "..", "\0", "a\0b", "a\r\nb", "a\nX-Evil: 1", "\t", "\u{85}", "\u{7f}"] {
            wire.forget();
            for tool in ["get_site", "list_floors"] {
                let refused = ana.call(tool, json!({"siteId": value})).await;
                assert_eq!(refused.code(), Some(-32602), "{value:?}: {refused:?}");
            }
            let empty = ana.call("get_site", json!({"siteId": ""})).await;
            assert_eq!(empty.code(), Some(-32602));
            assert_eq!(wire.count("/sitecore"), 0, "{value:?}");
        }
    }
}

#[test]
fn case_089_no_text_at_all_leaves_its_segment() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::lax());
    let ana = runtime.block_on(app.as_user("ana"));
    let config = Config { cases: 128, failure_persistence: None, ..Config::default() };
    let strategy = prop_oneof!["\\PC{1,40}", "[./%\\\\?#;:@&2fFeE]{1,12}", ".{1,20}"];
    let wire = app.around.services().wire();
    TestRunner::new(config)
        .run(&strategy, |value| {
            wire.forget();
            let answered = runtime.block_on(ana.call("get_site", json!({"siteId": value})));
            let seen = wire.requests_to("/sitecore");
            if answered.code() == Some(-32602) {
                prop_assert!(seen.is_empty());
                return Ok(());
            }
            prop_assert_eq!(seen.len(), 1);
            prop_assert_eq!(&seen[0].query, "");
            let segment = seen[0].path.strip_prefix(SITES).unwrap();
            prop_assert!(!segment.contains('/'));
            let decoded = percent_decode_str(segment).decode_utf8().unwrap();
            prop_assert_eq!(decoded, value);
            Ok(())
        })
        .unwrap();
}

/// A service of the test's own, whose tools put an argument wherever one can go.
fn probes() -> Vec<(String, String)> {
    let about = "title: Probe\ndescription: A probe.\npermission: WillowApp.CanViewTickets\n\
                 effect: read\nscope: {none: a test}\nanswer: {items: /items, row: thing}\n";
    let file = |name: &str, text: &str| (format!("tools/probe/{name}.yaml"), text.to_owned());
    let tool = |name: &str, text: &str| file(name, &format!("name: {name}\n{about}{text}"));
    let value = "input: {properties: {value: {type: string}}, required: [value]}\n";
    vec![
        file("_service", "backend: workflowcore\nrows: {thing: {id: string!}}\n"),
        tool(
            "probe_header",
            &format!(
                "{value}request: {{get: [ticket-statuses], headers: {{X-Probe: {{arg: value}}}}}}\n"
            ),
        ),
        tool(
            "probe_query",
            &format!(
                "{value}request: {{get: [ticket-categories], query: {{siteId: {{arg: value}}, \
                 pageSize: 7}}}}\n"
            ),
        ),
        tool(
            "probe_body",
            &format!(
                "{value}request: {{post: [tickets, search], safe: true, body: {{page: 1, pageSize: 7, \
                 filterSpecifications: [{{field: q, operator: contains, value: {{arg: value}}}}]}}}}\n"
            ),
        ),
    ]
}

async fn probing() -> TestApp {
    TestApp::with(Setup { strict: false, files: probes(), ..Setup::default() }).await
}

#[tokio::test]
async fn case_090_a_header_value_is_one_line_or_refused() {
    let app = probing().await;
    let wire = app.around.services().wire();
    let ana = app.as_user("ana").await;
    for value in
        ["a\r\nX-Evil: 1", "a\nb", "a\rb", "\0", "a\0", "\r\n\r\nGET /x HTTP/1.1", "\u{7f}"]
    {
        wire.forget();
        let refused = ana.call("probe_header", json!({"value": value})).await;
        assert_eq!(refused.code(), Some(-32602), "{value:?}: {refused:?}");
        assert_eq!(wire.count("/workflowcore"), 0, "{value:?}");
    }
    for value in ["plain", "a: b; c=\"d\"", "Bearer other", "é"] {
        wire.forget();
        let listed = ana.call("probe_header", json!({"value": value})).await;
        assert!(!listed.is_error(), "{value}: {listed:?}");
        let seen = &wire.requests_to("/workflowcore")[0];
        assert_eq!(seen.headers["x-probe"].as_bytes(), value.as_bytes());
        assert_eq!(seen.header("authorization"), Some(&*format!("Bearer {}", ana.token)));
        assert!(seen.headers.get("x-evil").is_none());
    }
}

#[tokio::test]
async fn case_090_nothing_that_a_client_sends_in_headers_goes_on_to_a_service() {
    let app = TestApp::lax().await;
    let ben = app.as_user("ben").await;
    let body = ben.envelope("tools/call", json!({"name": "list_tickets", "arguments": {}}));
    let mut headers = ben.headers(&body);
    for (name, value) in [
        ("x-forwarded-user", "ana"),
        ("x-ms-client-principal", "ana"),
        ("x-upstream-authorization", "Bearer canary"),
        ("x-http-method-override", "DELETE"),
        ("idempotency-key", "canary"),
        ("if-match", "*"),
        ("cookie", "canary=1"),
        ("forwarded", "for=canary"),
        ("proxy-authorization", "canary"),
        ("baggage", "canary=1"),
        ("x-tenant", TENANT_ID),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    app.around.services().wire().forget();
    let answer = ben.post(&body, headers).await;
    assert_eq!(answer.status(), 200);
    for seen in app.around.services().wire().requests() {
        let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        let ours =
            ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];
        assert!(names.iter().all(|name| ours.contains(name)), "{}: {names:?}", seen.path);
    }
}

#[tokio::test]
async fn case_091_a_query_value_stays_one_value_and_a_body_value_one_string() {
    let app = probing().await;
    let wire = app.around.services().wire();
    let ana = app.as_user("ana").await;
    let values = [
        "a&pageSize=1000",
        "a&siteId=b",
        "a%26siteId=b",
        "a;b",
        "a#b",
        "a=b",
        "+ %20",
        "[]",
        "a\"}],\"page\":2,\"x\":[{\"",
        "\\\"",
        "\\u0022",
        "{{value}}",
        "${value}",
        "\u{0}\u{1f}",
        "é😀",
    ];
    for value in values {
        wire.forget();
        ana.call("probe_query", json!({"value": value})).await;
        ana.call("probe_body", json!({"value": value})).await;
        let seen = wire.requests_to("/workflowcore");
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(seen[0].query.as_bytes()).into_owned().collect();
        let expected =
            [("siteId".to_owned(), value.to_owned()), ("pageSize".to_owned(), "7".to_owned())];
        assert_eq!(pairs, expected, "{value:?}");
        let expected = json!({"page": 1, "pageSize": 7, "filterSpecifications":
            [{"field": "q", "operator": "contains", "value": value}]});
        assert_eq!(seen[1].json(), expected, "{value:?}");
    }
    // Of the arguments that exist, none becomes more than the value that it is.
    wire.forget();
    let ben = app.as_user("ben").await;
    ben.call("search_locations", json!({"q": format!("e&siteIds={SITE_60M}&kind=level")})).await;
    let query = wire.requests_to("/sitecore/locations/search")[0].query.clone();
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let sites = pairs.iter().filter(|(name, _)| name == "siteIds").count();
    assert_eq!((sites, pairs.iter().any(|(name, _)| name == "kind")), (3, false));
    let odd =
        ben.call("list_tickets", json!({"categoryId": "x\", \"operator\": \"notEquals"})).await;
    assert_eq!(odd.structured(), &json!({"items": Value::Array(Vec::new())}));
}

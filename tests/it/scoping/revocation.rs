//! What is taken away is gone in time: 60 seconds for reads, 5 for writes, at once after an answer.
//! And a permission service that is ill lets nobody do anything.

use std::time::Duration;

use osier::clock::Clock;
use osier::demo::{ASSIGNMENTS, BEN, Fault, SITE_60M};
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Setup, TestApp, Version};

const UNAVAILABLE: &str =
    "Your permissions can't be read at the moment, so nothing is allowed. Try again in a minute.";

/// Nobody holds anything.
fn nothing() -> String {
    format!("roles: {{}}\nusers:\n  - {{id: {}}}\nassignments: []\n", BEN.oid)
}

async fn with_clock() -> (TestApp, Clock) {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    (app, clock)
}

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Lamp broken", "description": "x", "priority": 3})
}

#[tokio::test]
async fn case_017_a_person_whose_rights_end_reads_for_60_seconds_and_writes_for_5() {
    for version in Version::ALL {
        let (app, clock) = with_clock().await;
        let ben = app.speaking("ben", version).await;
        assert!(!ben.call("list_tickets", json!({})).await.is_error());
        let asked = ben.call("create_ticket", new_ticket()).await;
        assert!(!asked.is_unknown_tool(), "{version:?}: {asked:?}");
        app.around.authz().replace(&nothing()).unwrap();

        clock.advance(Duration::from_secs(5));
        assert!(!ben.call("create_ticket", new_ticket()).await.is_unknown_tool(), "{version:?}");
        clock.advance(Duration::from_millis(1));
        // That the write asked anew is known to reads too.
        assert!(ben.call("create_ticket", new_ticket()).await.is_unknown_tool(), "{version:?}");
        assert!(ben.call("list_tickets", json!({})).await.is_unknown_tool(), "{version:?}");
        assert_eq!(ben.tools().await, ["get_my_permissions"], "{version:?}");
    }
    let (app, clock) = with_clock().await;
    let ben = app.as_user("ben").await;
    assert!(!ben.call("list_tickets", json!({})).await.is_error());
    app.around.authz().replace(&nothing()).unwrap();
    app.around.services().set_strict(false);
    clock.advance(Duration::from_mins(1));
    let still = ben.call("list_tickets", json!({})).await;
    assert!(!still.is_error(), "{still:?}");
    clock.advance(Duration::from_millis(1));
    assert!(ben.call("list_tickets", json!({})).await.is_unknown_tool());
    // And back again, as late.
    app.around.authz().replace(ASSIGNMENTS).unwrap();
    clock.advance(Duration::from_millis(60_001));
    assert!(!ben.call("list_tickets", json!({})).await.is_error());
}

#[tokio::test]
async fn case_017_an_answer_finds_the_rights_of_that_very_moment() {
    let (app, clock) = with_clock().await;
    app.around.services().set_strict(false);
    for version in [Version::V2025_06_18, Version::V2025_11_25, Version::V2026_07_28] {
        app.around.authz().replace(ASSIGNMENTS).unwrap();
        clock.advance(Duration::from_secs(61));
        let wait = app.around.authz().clone();
        let ben = app.speaking("ben", version).await;
        app.around.services().wire().forget();
        let ended = if version.is_stateless() {
            let asked = ben.call("create_ticket", new_ticket()).await;
            wait.replace(&nothing()).unwrap();
            let state = asked.state().unwrap();
            ben.answer("create_ticket", new_ticket(), state, &Answered::Yes).await
        } else {
            // The question is open on the stream while the rights end.
            let take_away = async {
                while app.around.services().wire().count("/sitecore/sites") == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                wait.replace(&nothing()).unwrap();
            };
            let slow = Fault::slow(Duration::from_millis(100)).times(1);
            app.around.services().inject("/sitecore/sites", slow);
            let call = ben.call_answering("create_ticket", new_ticket(), Answered::Yes);
            tokio::join!(call, take_away).0
        };
        assert!(ended.is_unknown_tool(), "{version:?}: {ended:?}");
        assert!(app.around.services().wire().writes().is_empty(), "{version:?}");
    }
}

#[tokio::test]
async fn case_084_a_role_that_changes_counts_within_the_stated_age_in_every_version() {
    // He may see what he saw, and change nothing.
    let changed = ASSIGNMENTS
        .lines()
        .filter(|line| !line.contains("role: ticket-worker"))
        .collect::<Vec<_>>()
        .join("\n");
    assert_ne!(changed, ASSIGNMENTS);
    for version in Version::ALL {
        let (app, clock) = with_clock().await;
        let ben = app.speaking("ben", version).await;
        let comment = "add_ticket_comment".to_owned();
        assert!(ben.tools().await.contains(&comment), "{version:?}");
        app.around.authz().replace(&changed).unwrap();
        clock.advance(Duration::from_millis(60_001));
        assert!(!ben.tools().await.contains(&comment), "{version:?}");
        let called = ben.call(&comment, json!({"ticketId": "x", "text": "x"})).await;
        assert!(called.is_unknown_tool(), "{version:?}: {called:?}");
        assert!(!ben.call("list_tickets", json!({})).await.is_error(), "{version:?}");
        assert!(app.around.services().wire().writes().is_empty(), "{version:?}");
    }
}

#[tokio::test]
async fn what_is_left_out_of_the_token_or_the_group_is_no_right_at_all() {
    // An assignment to a group of which he isn't, and one to a person of another spelling.
    let app = TestApp::lax().await;
    let text = format!(
        "roles:\n  viewer: [WillowApp.CanViewTickets]\nusers:\n  - {{id: {}, groups: [south]}}\n\
         assignments:\n  - {{group: north, role: viewer, at: global}}\n",
        BEN.oid
    );
    app.around.authz().replace(&text).unwrap();
    let ben = app.as_user("ben").await;
    assert_eq!(ben.tools().await, ["get_my_permissions"]);
}

/// What a permission service that is ill answers, and with what it is ill.
fn illnesses() -> Vec<(&'static str, Fault)> {
    let held = json!({"name": "WillowApp.CanViewTickets", "global": true});
    let whole = json!({"permissions": [held]});
    let somebody =
        json!({"subject": "a9b1bd3a-e308-59bb-a1cc-e25b3db66beb", "permissions": [held]});
    let elsewhere =
        json!({"tenant": "00000000-0000-0000-0000-000000000000", "permissions": [held]});
    vec![
        ("500", Fault::answer(500, "oops")),
        ("503", Fault::answer(503, "busy").header("retry-after", "1")),
        ("429", Fault::answer(429, "")),
        ("401", Fault::answer(401, "")),
        ("404", Fault::answer(404, "{}")),
        ("204", Fault::answer(204, "")),
        ("302", Fault::answer(302, "").header("location", "/authz/v1/elsewhere")),
        ("a 201 with a body", Fault::answer(201, whole.to_string())),
        ("an empty 200", Fault::answer(200, "")),
        ("HTML", Fault::answer(200, "<html>sign in</html>").header("content-type", "text/html")),
        ("half of it", Fault::answer(200, whole.to_string()[..20].to_owned())),
        ("a list", Fault::json(&json!([held]))),
        ("a word", Fault::json(&json!("everything"))),
        ("permissions: true", Fault::json(&json!({"permissions": true}))),
        (
            "permissions by name",
            Fault::json(&json!({"permissions": {"WillowApp.CanViewTickets": held}})),
        ),
        ("no permissions", Fault::json(&json!({"items": [held]}))),
        ("another person's", Fault::json(&somebody)),
        ("another tenant's", Fault::json(&elsewhere)),
        ("a number for a person", Fault::json(&json!({"subject": 1, "permissions": [held]}))),
        ("2 MB", Fault::oversize(2_000_000)),
    ]
}

async fn nothing_is_allowed(client: &Client, what: &str) {
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        let listed = client.request(method, json!({})).await;
        let told = (listed.code(), listed.text());
        assert_eq!(told, (Some(-32603), UNAVAILABLE.to_owned()), "{what}: {method}");
    }
    for tool in ["list_tickets", "create_ticket", "get_my_permissions", "no_such_tool"] {
        let called = client.call(tool, json!({})).await;
        assert_eq!(called.message["result"]["isError"], true, "{what}: {called:?}");
        assert_eq!(called.text(), UNAVAILABLE, "{what}: {tool}");
    }
}

#[tokio::test]
async fn case_085_a_permission_service_that_is_ill_allows_nothing_and_recovers() {
    let (app, clock) = with_clock().await;
    app.around.services().set_strict(false);
    for (index, (what, fault)) in illnesses().into_iter().enumerate() {
        let version = Version::ALL[index % 4];
        let ben = app.speaking("ben", version).await;
        let before = ben.tools().await;
        // No older answer stands in for the one that failed.
        clock.advance(Duration::from_secs(61));
        app.around.authz().inject(fault);
        app.around.services().wire().forget();
        nothing_is_allowed(&ben, what).await;
        assert_eq!(app.around.services().wire().count("/workflowcore"), 0, "{what}");
        app.around.authz().heal();
        // It failed, and that isn't remembered: it is asked again.
        assert_eq!(ben.tools().await, before, "{what}");
        assert!(!ben.call("list_tickets", json!({})).await.is_error(), "{what}");
    }
    let denied: Vec<Value> = app.audit().await;
    assert!(denied.iter().any(|record| record["status"] == "error"), "{:?}", denied.last());
    assert!(
        denied.iter().filter(|record| record["status"] != "ok").all(|one| one["stage"] == "access")
    );
}

#[tokio::test]
async fn case_085_a_permission_service_that_is_slow_or_gone_allows_nothing() {
    let mut setup = Setup { strict: false, ..Setup::default() };
    setup.settings.insert("OSIER_ACCESS__TIMEOUT".into(), "1".into());
    let app = TestApp::with(setup).await;
    let ben = app.as_user("ben").await;
    app.around.authz().inject(Fault::slow(Duration::from_secs(20)));
    let started = std::time::Instant::now();
    let (listed, called) =
        tokio::join!(ben.request("tools/list", json!({})), ben.call("list_tickets", json!({})));
    assert_eq!((listed.text(), called.text()), (UNAVAILABLE.into(), UNAVAILABLE.into()));
    assert!(started.elapsed() < Duration::from_secs(5));
    app.around.authz().heal();
    assert!(ben.tools().await.len() > 1);

    let mut setup = Setup { strict: false, ..Setup::default() };
    // Nothing listens there.
    setup.settings.insert("OSIER_ACCESS__URL".into(), "http://127.0.0.1:9/authz".into());
    let app = TestApp::with(setup).await;
    nothing_is_allowed(&app.as_user("ben").await, "gone").await;
}

/// Takes something away from a permission.
type Spoil = fn(&mut Value);

#[tokio::test]
async fn case_085_a_lost_or_unknown_scope_field_is_a_denial_and_never_everywhere() {
    let (app, clock) = with_clock().await;
    app.around.services().set_strict(false);
    let spoils: [(&str, Spoil); 8] = [
        ("global lost, scopes lost", |one| {
            one.as_object_mut().unwrap().retain(|key, _| key == "name");
        }),
        ("scopes null", |one| {
            one["scopes"] = Value::Null;
        }),
        ("scopes empty", |one| one["scopes"] = json!([])),
        ("global as a word", |one| {
            one["global"] = "true".into();
            one["scopes"] = json!([]);
        }),
        ("global as a number", |one| {
            one["global"] = 1.into();
            one["scopes"] = Value::Null;
        }),
        ("ids lost", |one| {
            for scope in one["scopes"].as_array_mut().unwrap() {
                scope.as_object_mut().unwrap().shift_remove("id");
            }
        }),
        ("types unknown", |one| {
            for scope in one["scopes"].as_array_mut().unwrap() {
                scope["type"] = "tenant".into();
            }
        }),
        ("names lost", |one| one["name"] = Value::Null),
    ];
    for (what, spoil) in spoils {
        clock.advance(Duration::from_secs(61));
        app.around.authz().spoil(move |answer| {
            for permission in answer["permissions"].as_array_mut().unwrap() {
                spoil(permission);
            }
        });
        let ben = app.as_user("ben").await;
        assert_eq!(ben.tools().await, ["get_my_permissions"], "{what}");
        assert!(ben.call("list_tickets", json!({})).await.is_unknown_tool(), "{what}");
        app.around.authz().heal();
    }
    // One scope of several that can't be read takes away itself alone.
    clock.advance(Duration::from_secs(61));
    app.around.authz().spoil(|answer| {
        for permission in answer["permissions"].as_array_mut().unwrap() {
            permission["scopes"][0]["id"] = Value::Null;
        }
    });
    let ben = app.as_user("ben").await;
    assert_eq!(ben.call("list_sites", json!({})).await.items().len(), 2);
}

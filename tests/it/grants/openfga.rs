//! OpenFGA: who sees what by it, and that a list which may be cut is no answer.

use std::time::Duration;

use osier::demo::{BEN, SITE_60M};
use serde_json::json;

use super::little::{Habits, Little};
use super::{PATIENT, by_openfga, nothing_is_allowed, sees_the_same};

#[tokio::test]
async fn people_see_what_the_store_says_that_they_may() {
    let little = Little::new().await;
    let app = by_openfga(&little, &[PATIENT]).await;
    sees_the_same(&app).await;
}

#[tokio::test]
async fn only_the_definitions_permissions_are_asked_for_and_about_the_caller() {
    let little = Little::new().await;
    let more = [PATIENT, ("OPENFGA__MODEL", "model-1"), ("OPENFGA__LOCATION_TYPE", "room")];
    let app = by_openfga(&little, &more).await;
    app.as_user("ben").await.tools().await;
    let asked = little.asked();
    let known: Vec<String> = app.pipeline.catalog().permissions().map(str::to_owned).collect();
    for (path, body) in &asked {
        let key = if path.ends_with("check") { &body["tuple_key"] } else { body };
        assert_eq!(key["user"], format!("user:{}", BEN.oid), "{body}");
        assert_eq!(body["authorization_model_id"], "model-1");
        assert!(known.iter().any(|name| key["relation"] == **name), "{body}");
    }
    let kinds = |kind: &str| asked.iter().filter(|(_, body)| body["type"] == kind).count();
    let different: std::collections::BTreeSet<_> = known.iter().collect();
    assert_eq!((kinds("site"), kinds("room")), (different.len(), different.len()));
}

#[tokio::test]
async fn a_list_that_the_deadline_may_have_cut_allows_nothing() {
    let little = Little::new().await;
    let app = by_openfga(&little, &[("LIST_DEADLINE_MS", "400"), ("TIMEOUT", "10")]).await;
    let ben = app.as_user("ben").await;
    assert!(ben.tools().await.len() > 1);
    // One site has been found by then, and the answer ends as a whole one does.
    let deadline = Some(Duration::from_millis(400));
    let pace = Duration::from_millis(250);
    little.behave(Habits { pace, deadline, ..Habits::default() });
    let app = by_openfga(&little, &[("LIST_DEADLINE_MS", "400"), ("TIMEOUT", "10")]).await;
    nothing_is_allowed(&app.as_user("ben").await, "cut").await;
    little.behave(Habits::default());
    assert!(app.as_user("ben").await.tools().await.len() > 1);
}

#[tokio::test]
async fn a_list_of_as_many_as_the_server_lets_one_have_allows_nothing() {
    let little = Little::new().await;
    little.behave(Habits { most: Some(2), ..Habits::default() });
    let app = by_openfga(&little, &[PATIENT, ("OPENFGA__MAX_RESULTS", "2")]).await;
    nothing_is_allowed(&app.as_user("ben").await, "cut").await;
    // Whom no list is needed for, and whose lists are shorter.
    for name in ["ana", "finn"] {
        assert!(app.as_user(name).await.tools().await.len() > 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_a_whole_list_allows_nothing() {
    let little = Little::new().await;
    let app = by_openfga(&little, &[PATIENT]).await;
    let ben = app.as_user("ben").await;
    let error = r#"{"error":{"code":4000,"message":"secret"}}"#;
    let lines = [
        error,
        r#"{"result":{"object":"site:"#,
        r#"{"result":{"object":"tenant:a"}}"#,
        r#"{"result":{}}"#,
        "[]",
        "<html>",
    ];
    for instead in lines {
        little.behave(Habits { instead: Some(instead), ..Habits::default() });
        nothing_is_allowed(&ben, instead).await;
    }
    little.behave(Habits { warning: true, ..Habits::default() });
    nothing_is_allowed(&ben, "warned").await;
    for status in [401, 403, 404, 429, 500, 503] {
        little.behave(Habits { always: Some((status, error)), ..Habits::default() });
        nothing_is_allowed(&ben, "status").await;
    }
    little.behave(Habits::default());
    assert!(ben.tools().await.len() > 1);
}

#[tokio::test]
async fn a_relation_that_a_type_does_not_have_is_held_nowhere_there() {
    let little = Little::new().await;
    little.behave(Habits { unknown_type: Some("location"), ..Habits::default() });
    let app = by_openfga(&little, &[PATIENT]).await;
    assert_eq!(app.as_user("finn").await.tools().await, ["get_my_permissions"]);
    assert!(app.as_user("ben").await.tools().await.len() > 1);
}

#[tokio::test]
async fn writes_ask_past_the_stores_caches() {
    let little = Little::new().await;
    let app = by_openfga(&little, &[PATIENT]).await;
    let ben = app.as_user("ben").await;
    let consistency = || {
        let mut said: Vec<_> =
            little.asked().iter().map(|(_, body)| body["consistency"].to_string()).collect();
        said.sort();
        said.dedup();
        said
    };
    ben.tools().await;
    assert_eq!(consistency(), ["\"MINIMIZE_LATENCY\""]);
    // The answer for reads is young enough for a write, and isn't good enough.
    let ticket =
        json!({"siteId": SITE_60M, "summary": "Lamp broken", "description": "x", "priority": 3});
    let asked = ben.call("create_ticket", ticket).await;
    assert!(asked.state().is_some(), "{asked:?}");
    assert_eq!(consistency(), ["\"HIGHER_CONSISTENCY\""]);
    // What was asked for a write is good enough for reads.
    ben.tools().await;
    assert!(consistency().is_empty());
}

//! AuthZEN 1.0: resource search to its last page, or the places that are named, one by one.

use osier::demo::{FINN_LEVEL, SITES};
use serde_json::{Value, json};

use super::little::{Habits, Little};
use super::{PATIENT, by_authzen, nothing_is_allowed, sees_the_same};

#[tokio::test]
async fn people_see_what_a_search_finds_whatever_its_pages() {
    let little = Little::new().await;
    for page in [None, Some(1), Some(2), Some(100)] {
        little.behave(Habits { page, ..Habits::default() });
        let app = by_authzen(&little, &[PATIENT]).await;
        sees_the_same(&app).await;
    }
}

#[tokio::test]
async fn people_see_what_the_decisions_say_where_there_is_no_search() {
    let little = Little::new().await;
    little.behave(Habits { no_search: true, ..Habits::default() });
    let app = by_authzen(&little, &[PATIENT]).await;
    nothing_is_allowed(&app.as_user("ben").await, "no search").await;
    let level = format!("{}/{FINN_LEVEL}", SITES[0]);
    let mut places: Vec<&str> = SITES.to_vec();
    places.push(&level);
    let app = by_authzen(&little, &[PATIENT, ("AUTHZEN__PLACES", &places.join(","))]).await;
    sees_the_same(&app).await;
}

#[tokio::test]
async fn a_search_that_does_not_come_to_its_end_allows_nothing() {
    let little = Little::new().await;
    let app = by_authzen(&little, &[PATIENT]).await;
    let ben = app.as_user("ben").await;
    let site = json!({"type": "site", "id": SITES[0]});
    let answers: [Value; 9] = [
        json!({"page": {"next_token": "again"}, "results": [site]}),
        json!({"page": {"next_token": 7}, "results": [site]}),
        json!({"page": {"count": 1, "total": 102}, "results": [site]}),
        json!({"results": [{"type": "tenant", "id": "x"}]}),
        json!({"results": [{"id": "x"}]}),
        json!({"results": null}),
        json!({"decision": true}),
        json!([site]),
        json!("all"),
    ];
    for answer in answers {
        little.behave(Habits { answer: Some(answer.clone()), ..Habits::default() });
        nothing_is_allowed(&ben, &answer.to_string()).await;
    }
    for status in [400, 401, 403, 429, 500, 501] {
        little.behave(Habits { always: Some((status, "{}")), ..Habits::default() });
        nothing_is_allowed(&ben, "status").await;
    }
    little.behave(Habits::default());
    assert!(ben.tools().await.len() > 1);
}

#[tokio::test]
async fn decisions_that_are_lost_allow_nothing() {
    let little = Little::new().await;
    let app = by_authzen(&little, &[PATIENT, ("AUTHZEN__PLACES", &SITES.join(","))]).await;
    let ben = app.as_user("ben").await;
    for answer in [
        json!({"evaluations": [{"decision": true}]}),
        json!({"evaluations": [{"decision": true}, {"decision": true}, {"decision": true}, {}]}),
        json!({"evaluations": true}),
        json!({"decision": true}),
    ] {
        little.behave(Habits { answer: Some(answer.clone()), ..Habits::default() });
        nothing_is_allowed(&ben, &answer.to_string()).await;
    }
}

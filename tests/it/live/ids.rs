//! Lists of ids: each is judged like a single one, and what isn't the caller's is told by its place.

use std::collections::BTreeSet;

use osier::demo::{Fault, SITE_3LW, SITE_12H, SITE_60M, SITES};
use serde_json::{Value, json};

use super::{at, points_of, site, text, viewer};
use crate::harness::{Client, Reply, TestApp};

const TELEMETRY: &str = "/livedatacore/telemetry";

/// The three tools that take lists, each asked for these points.
async fn all_three(client: &Client, app: &TestApp, ids: &[&str]) -> Vec<Reply> {
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    let (start, end) = (at(now - 3_600), at(now));
    let figures = json!({
        "twinIds": ids, "start": start, "end": end, "interval": "PT1H", "functions": ["avg", "count"],
    });
    vec![
        client.call("get_latest_values", json!({"twinIds": ids})).await,
        client
            .call("get_telemetry_history", json!({"twinIds": ids, "start": start, "end": end}))
            .await,
        client.call("aggregate_telemetry", figures).await,
    ]
}

fn named(reply: &Reply) -> BTreeSet<String> {
    reply.items().iter().map(|row| text(row, "twinId").to_owned()).collect()
}

#[tokio::test]
async fn trap_05_a_part_that_a_service_could_not_read_is_told_as_such() {
    let app = TestApp::new().await;
    let ids = points_of(&app, SITE_60M, 97);
    let (good, broken) = (ids[0].as_str(), ids[1].as_str());
    let ana = app.as_user("ana").await;
    for reply in all_three(&ana, &app, &[good, broken]).await {
        assert_eq!(reply.structured().get("partial"), None, "{reply:?}");
    }
    app.around.services().set_unreadable(&[broken]);
    for reply in all_three(&ana, &app, &[good, broken]).await {
        assert_eq!(reply.structured()["partial"], true, "{reply:?}");
        assert_eq!(named(&reply), BTreeSet::from([good.to_owned()]));
        assert!(!reply.text().contains("could not be read"), "the service's words: {reply:?}");
    }
    let latest = ana.call("get_latest_values", json!({"twinIds": [broken, good]})).await;
    assert_eq!(latest.structured()["notFound"], json!(["twinIds.0"]));
}

#[tokio::test]
async fn trap_06_ids_that_are_left_out_without_a_word_are_told_by_their_place() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let own = points_of(&app, SITE_60M, 131);
        let others = points_of(&app, SITE_12H, 131);
        let client = viewer(&app, &[site(SITE_60M)]).await;
        let good = [own[0].as_str(), own[1].as_str(), own[2].as_str()];
        // Somebody else's and nobody's are the same, wherever they stand.
        let foreign = [others[0].as_str(), good[0], good[1], others[1].as_str(), good[2]];
        let nobodys = ["60M-NO-SUCH", good[0], good[1], "nothing/../%2e", good[2]];
        let theirs = all_three(&client, &app, &foreign).await;
        for (one, other) in theirs.iter().zip(all_three(&client, &app, &nobodys).await) {
            assert_eq!(one.structured(), other.structured());
            assert_eq!(one.structured()["notFound"], json!(["twinIds.0", "twinIds.3"]));
            assert_eq!(named(one), good.iter().map(|&id| id.to_owned()).collect());
        }
    }
}

#[tokio::test]
async fn where_none_is_left_nothing_is_sent() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let others = points_of(&app, SITE_3LW, 131);
        let client = viewer(&app, &[site(SITE_60M)]).await;
        app.around.services().wire().forget();
        for reply in all_three(&client, &app, &[&others[0], "nobody"]).await {
            let expected = json!({"items": [], "notFound": ["twinIds.0", "twinIds.1"]});
            assert_eq!(reply.structured(), &expected);
        }
        assert_eq!(app.around.services().wire().count(TELEMETRY), 0);
    }
}

#[tokio::test]
async fn only_what_was_located_is_asked_for() {
    let app = TestApp::lax().await;
    let (own, others) = (points_of(&app, SITE_60M, 200), points_of(&app, SITE_12H, 200));
    let client = viewer(&app, &[site(SITE_60M)]).await;
    app.around.services().wire().forget();
    all_three(&client, &app, &[&others[0], &own[0], "nobody", &own[1]]).await;
    let asked = app.around.services().wire().requests_to(TELEMETRY);
    assert_eq!(asked.len(), 3);
    for request in asked {
        assert_eq!(request.json()["twinIds"], json!([own[0], own[1]]));
    }
    // One request finds them all.
    assert_eq!(app.around.services().wire().count("/livedatacore/points"), 3);
}

#[tokio::test]
async fn rows_that_were_not_asked_for_go() {
    let app = TestApp::lax().await;
    let (own, others) = (points_of(&app, SITE_60M, 200), points_of(&app, SITE_12H, 200));
    let client = viewer(&app, &[site(SITE_60M)]).await;
    let row = |id: &str| json!({"twinId": id, "sourceTimestamp": "2026-01-01T00:00:00Z", "scalarValue": 1.0});
    let wrong = json!({"data": [row(&others[0]), row(&own[0]), row(&own[3])]});
    app.around.services().inject(TELEMETRY, Fault::json(&wrong));
    let latest = client.call("get_latest_values", json!({"twinIds": [own[0]]})).await;
    assert_eq!(named(&latest), BTreeSet::from([own[0].clone()]));
}

#[tokio::test]
async fn a_batch_that_is_refused_is_looked_up_one_by_one() {
    let app = TestApp::new().await;
    let own = points_of(&app, SITE_60M, 60);
    let client = viewer(&app, &[site(SITE_60M)]).await;
    let services = app.around.services();
    services.inject("/livedatacore/points/search", Fault::answer(422, "{}"));
    services.wire().forget();
    let ids: Vec<&str> = own.iter().take(12).map(String::as_str).chain(["60M-NO-SUCH"]).collect();
    let latest = client.call("get_latest_values", json!({"twinIds": ids})).await;
    assert_eq!(latest.items().len(), 12);
    assert_eq!(latest.structured()["notFound"], json!(["twinIds.12"]));
    assert_eq!(services.wire().count("/livedatacore/points/"), 14);
    // Trouble of the service's is no reason to say that there is no such point.
    services.inject("/livedatacore/points/search", Fault::answer(503, "{}"));
    let refused = client.call("get_latest_values", json!({"twinIds": ids})).await;
    assert!(refused.is_error(), "{refused:?}");
}

#[tokio::test]
async fn whatever_is_mixed_each_gets_their_own_and_the_places_of_the_rest() {
    let app = TestApp::lax().await;
    let points: Vec<Vec<String>> = SITES.iter().map(|site| points_of(&app, site, 37)).collect();
    for round in 0..24_usize {
        let held: Vec<usize> =
            (0..SITES.len()).filter(|one| ((round % 15 + 1) >> one) & 1 == 1).collect();
        let places: Vec<String> = held.iter().map(|one| site(SITES[*one])).collect();
        let client = viewer(&app, &places).await;
        let ids: Vec<String> = (0..17_usize)
            .map(|place| match (round * 7 + place * 5) % 5 {
                4 => format!("nobody-{place}"),
                of => points[of][(round * 3 + place) % points[of].len()].clone(),
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let is_held = |id: &String| held.iter().any(|one| points[*one].contains(id));
        let missing: Vec<Value> = ids
            .iter()
            .enumerate()
            .filter(|(_, id)| !is_held(id))
            .map(|(place, _)| json!(format!("twinIds.{place}")))
            .collect();
        let reply = client.call("get_latest_values", json!({"twinIds": ids})).await;
        let given: BTreeSet<String> = ids.iter().filter(|id| is_held(id)).cloned().collect();
        assert_eq!(named(&reply), given, "round {round}");
        let told = reply.structured().get("notFound").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(told, json!(missing), "round {round}");
    }
}

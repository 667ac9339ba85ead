//! Mapped knows no person: what keeps its answers inside a person's places is Osier alone.

use osier::demo::{Fault, Person, SITE_12H, SITE_60M, canary};
use serde_json::{Value, json};

use crate::harness::{Client, TestApp, Version};

const VIEW: &str = "WillowApp.CanViewTwins";

/// Somebody who may view twins at one site only.
async fn viewer(app: &TestApp, site: &str) -> Client {
    let oid: &'static str = uuid::Uuid::new_v4().to_string().leak();
    app.around
        .authz()
        .replace(&format!(
            "roles:\n  viewer: [{VIEW}]\nusers:\n  - {{id: {oid}}}\nassignments:\n  \
             - {{user: {oid}, role: viewer, at: {{site: {site}}}}}\n"
        ))
        .unwrap();
    let person = Person { oid, ..*osier::demo::person("ben").unwrap() };
    app.speaking_as(&person, Version::V2026_07_28).await
}

fn identities(site: &str) -> Value {
    json!([{"value": "urn:willowinc:twin:id:BLD-X"}, {"value": format!("urn:willowinc:site:id:{site}")}])
}

#[tokio::test]
async fn a_building_is_shown_as_far_down_as_was_asked() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let [building] = services.mapped_ids("Building", SITE_60M).try_into().unwrap();
    let at = |depth: u64| json!({"buildingId": SITE_60M, "depth": depth, "pageSize": 100});
    let floors = ana.all_rows("get_building_topology", at(1)).await;
    assert_eq!(floors.len(), 12);
    assert!(floors.iter().all(|row| row["kind"] == "Floor" && row["parent"]["id"] == *building));
    let by_its_own_id = json!({"buildingId": building, "depth": 1, "pageSize": 5});
    assert_eq!(ana.all_rows("get_building_topology", by_its_own_id).await, floors);
    for (depth, kinds) in [
        (2, &["Floor", "Space", "Zone"][..]),
        (3, &["Floor", "Space", "Zone", "Thing"]),
        (4, &["Floor", "Space", "Zone", "Thing", "Point"]),
    ] {
        let rows = ana.all_rows("get_building_topology", at(depth)).await;
        for kind in ["Floor", "Space", "Zone", "Thing", "Point"] {
            let mut ids = services.mapped_ids(kind, SITE_60M);
            if kinds.contains(&kind) {
                assert!(ids.len() > 5, "{kind}");
            } else {
                ids.clear();
            }
            let given = rows.iter().filter(|row| row["kind"] == kind);
            let mut given: Vec<&str> = given.map(|row| row["id"].as_str().unwrap()).collect();
            given.sort_unstable();
            ids.sort();
            assert_eq!(given, ids, "{kind} at {depth}");
        }
    }
    let only = json!({"buildingId": SITE_60M, "depth": 3, "kinds": ["Zone"], "pageSize": 100});
    let zones = ana.all_rows("get_building_topology", only).await;
    assert!(zones.len() == 12 && zones.iter().all(|row| row["kind"] == "Zone"));
}

#[tokio::test]
async fn things_of_a_floor_or_a_space_come_with_their_points() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let floor = app.around.services().mapped_ids("Floor", SITE_60M)[2].clone();
    let rows = ana.all_rows("list_things", json!({"floorId": floor, "pageSize": 100})).await;
    let things: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "Thing").collect();
    assert!(things.len() > 3 && rows.len() > things.len() * 2, "{}", rows.len());
    let in_a_space = things.iter().find(|row| row["parent"]["id"] != *floor).unwrap();
    let space = in_a_space["parent"]["id"].clone();
    let of_space = ana.all_rows("list_things", json!({"spaceId": space})).await;
    assert!(of_space.contains(in_a_space) && of_space.len() < rows.len());
    assert!(of_space.iter().any(|row| row["kind"] == "Point" && row["unit"].is_string()));
    let neither = ana.call("list_things", json!({})).await;
    assert!(neither.code() == Some(-32602), "{neither:?}");
}

#[tokio::test]
async fn what_is_of_another_site_is_not_found_like_what_is_unknown() {
    let app = TestApp::new().await;
    let viewer = viewer(&app, SITE_60M).await;
    let services = app.around.services();
    let unknown = |tool: &'static str, argument: &'static str| (tool, argument);
    for (tool, argument, kind) in [
        ("get_building_topology", "buildingId", "Building"),
        ("list_things", "floorId", "Floor"),
        ("list_things", "spaceId", "Space"),
    ] {
        let (tool, argument) = unknown(tool, argument);
        let own = services.mapped_ids(kind, SITE_60M)[0].clone();
        assert!(!viewer.call(tool, json!({argument: own})).await.is_error(), "{tool}");
        let hidden = services.mapped_ids(kind, SITE_12H)[0].clone();
        let hidden = viewer.call(tool, json!({argument: hidden})).await;
        let unknown = viewer.call(tool, json!({argument: "NOSUCHID"})).await;
        assert_eq!(hidden.refusal(), unknown.refusal(), "{tool}");
    }
    let hidden = viewer.call("get_building_topology", json!({"buildingId": SITE_12H})).await;
    let nobodys = json!({"buildingId": "99999999-0000-4000-8000-000000000000"});
    let unknown = viewer.call("get_building_topology", nobodys).await;
    assert_eq!(hidden.refusal(), unknown.refusal());
}

/// A service that mixes buildings up: nothing of another one is shown, nor what lies in it.
#[tokio::test]
async fn nothing_of_another_building_slips_through_an_answer_that_mixes_them() {
    let app = TestApp::new().await;
    let viewer = viewer(&app, SITE_60M).await;
    let secret = canary(SITE_12H).unwrap();
    let node = |id: &str, kind: &str, site: Option<&str>, more: Value| {
        let mine = site == Some(SITE_60M);
        let name = if mine { id.to_owned() } else { format!("{secret} {id}") };
        let mut node = json!({"id": id, "kind": kind, "name": name});
        if let Some(site) = site {
            node["building"] = json!({"id": "B", "identities": identities(site)});
        }
        node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        node
    };
    let (mine, theirs) = (Some(SITE_60M), Some(SITE_12H));
    let both = {
        let mut both = identities(SITE_60M);
        both.as_array_mut().unwrap().extend(identities(SITE_12H).as_array().unwrap().clone());
        both
    };
    let mut ambiguous = node("ambiguous", "Space", None, json!({}));
    ambiguous["building"] = json!({"id": "B", "identities": both});
    let thing = |id: &str, site| {
        let points =
            [node("point", "Point", mine, json!({})), node("foreign", "Point", theirs, json!({}))];
        node(id, "Thing", site, json!({"points": points}))
    };
    let spaces = json!([
        node(
            "space",
            "Space",
            mine,
            json!({"things": [thing("thing", mine), thing("foreign", theirs)]})
        ),
        node(
            "foreign",
            "Space",
            theirs,
            json!({"things": [thing("child of a hidden space", mine)]})
        ),
        node("nowhere", "Space", None, json!({})),
        ambiguous,
    ]);
    let floors = json!([
        node("floor", "Floor", mine, json!({"spaces": spaces})),
        node(
            "foreign floor",
            "Floor",
            theirs,
            json!({"spaces": [node("child", "Space", mine, json!({}))]})
        ),
    ]);
    let building =
        json!({"id": "B", "name": "mine", "identities": identities(SITE_60M), "floors": floors});
    let answer = json!({"data": {"buildings": [building]}});
    app.around.services().inject("/mapped", Fault::json(&answer));
    let shown = viewer.call("get_building_topology", json!({"buildingId": "B", "depth": 4})).await;
    assert_eq!(shown.column("id"), ["floor", "space", "thing", "point"], "{shown:?}");
    assert!(!shown.message.to_string().contains(secret));
    // The same of things, for a floor whose record names this person's building.
    let floor = json!({
        "id": "F", "building": {"id": "B", "identities": identities(SITE_60M)},
        "things": [thing("thing", mine), thing("foreign", theirs)], "spaces": [],
    });
    let answer = json!({"data": {"spaces": [], "floors": [floor]}});
    app.around.services().inject("/mapped", Fault::json(&answer));
    let shown = viewer.call("list_things", json!({"floorId": "F"})).await;
    assert_eq!(shown.column("id"), ["thing", "point"], "{shown:?}");
    assert!(!shown.message.to_string().contains(secret));
}

#[tokio::test]
async fn trap_10_errors_in_an_answer_of_200_are_errors_and_a_part_is_called_one() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let asked = || json!({"buildingId": SITE_60M});
    let error = json!({"message": "secret: table things_v2", "extensions": {"code": "INTERNAL"}});
    for data in [Value::Null, json!({"buildings": null})] {
        services.inject("/mapped", Fault::json(&json!({"data": data, "errors": [error]})));
        let told = ana.call("get_building_topology", asked()).await;
        assert_eq!(
            told.refusal().2,
            "mapped gave an answer that can't be used. Its administrator should look."
        );
        services.wire().heal();
    }
    let floor = json!({
        "id": "F", "kind": "Floor", "name": "floor",
        "building": {"id": "B", "identities": identities(SITE_60M)},
    });
    let building =
        json!({"id": "B", "name": "b", "identities": identities(SITE_60M), "floors": [floor]});
    let part = json!({"data": {"buildings": [building]}, "errors": [error]});
    services.inject("/mapped", Fault::json(&part));
    let told = ana.call("get_building_topology", asked()).await;
    assert_eq!(told.structured()["partial"], true);
    assert_eq!(told.column("id"), ["F"]);
    assert!(!told.message.to_string().contains("secret"));
    services.wire().heal();
    let told = ana.call("get_building_topology", asked()).await;
    assert!(told.structured().get("partial").is_none());
}

/// The document is the file's own, whatever an argument says.
#[tokio::test]
async fn an_argument_is_a_variable_and_never_a_part_of_the_query() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    services.wire().forget();
    let hostile = "X\"}}) { id } mutation { deleteAll }";
    let told = ana.call("get_building_topology", json!({"buildingId": hostile})).await;
    assert!(told.is_error());
    let [sent] = services.wire().requests_to("/mapped").try_into().unwrap();
    let sent = sent.json();
    assert_eq!(sent["variables"], json!({"id": hostile}));
    assert!(sent["query"].as_str().unwrap().starts_with("query Building($id: String!)"));
    assert_eq!(sent["operationName"], "Building");
}

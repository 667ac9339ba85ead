//! What each person sees of the services, strict and lax.

use super::*;
use crate::demo::fields::text;

#[tokio::test]
async fn strict_services_fence_by_person_and_lax_ones_do_not() {
    let demo = Demo::start(true).await;
    let mut bens = [SITE_60M, SITE_12H, SITE_8KP].map(str::to_owned);
    bens.sort();
    assert_eq!(demo.ticket_sites(&BEN, json!([])).await, bens);
    let fourth = json!([{"field": "siteId", "operator": "in", "value": [SITE_3LW]}]);
    assert!(demo.ticket_sites(&BEN, fourth.clone()).await.is_empty());
    // The ticket without a site is there for ana alone.
    assert_eq!(demo.ticket_sites(&ANA, json!([])).await.len(), 5);
    let search = "/workflowcore/tickets/search";
    for person in [CHLOE, DAN] {
        assert_eq!(demo.post(&person, search, &json!({})).await.status, 403);
    }
    demo.around.services().set_strict(false);
    assert_eq!(demo.ticket_sites(&BEN, json!([])).await.len(), 5);
    assert_eq!(demo.ticket_sites(&DAN, fourth).await, [SITE_3LW]);
}

#[tokio::test]
async fn finn_sees_his_level_and_the_way_up_to_it() {
    let demo = Demo::start(true).await;
    let body = json!({"pageSize": 1000});
    let found = demo.post(&FINN, "/workflowcore/tickets/search", &body).await.body;
    let all = demo.around.services().tickets_of(SITE_60M);
    let on_level =
        |ticket: &&Value| fields::texts(ticket, "locationIds").any(|id| id == FINN_LEVEL);
    let (his, others): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|one| on_level(one));
    assert!(his.len() >= 4);
    assert_eq!(found["total"], his.len());
    let path = |ticket: &Value| format!("/workflowcore/tickets/{}", text(ticket, "id"));
    assert_eq!(demo.get(&FINN, &path(his[0])).await.status, 200);
    assert_eq!(demo.get(&FINN, &path(others[0])).await.status, 404);

    let tree = demo.get(&FINN, "/sitecore/locations/tree?depth=5").await.body;
    let kinds: Vec<&str> =
        tree["items"].as_array().unwrap().iter().map(|node| text(node, "kind")).take(3).collect();
    assert_eq!(kinds, ["portfolio", "building", "level"]);
    assert_eq!(tree["total"], 3 + 14);
    assert_eq!(demo.get(&FINN, &format!("/sitecore/sites/{SITE_60M}")).await.status, 404);
    let floors = demo.get(&FINN, &format!("/sitecore/sites/{SITE_60M}/floors")).await.body;
    assert_eq!(floors["total"], 1);
    let found = demo.get(&FINN, "/sitecore/locations/search?q=quillmarrow&kind=level").await.body;
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(FINN_LEVEL)));
}

#[tokio::test]
async fn counts_are_fenced_too() {
    let demo = Demo::start(true).await;
    let all = demo.get(&ANA, "/workflowcore/tickets/statistics?groupBy=site").await.body;
    assert_eq!((&all["total"], all["groups"].as_array().unwrap().len()), (&json!(301), 5));
    let bens = demo.get(&BEN, "/workflowcore/tickets/statistics?groupBy=site").await.body;
    assert_eq!((&bens["total"], bens["groups"].as_array().unwrap().len()), (&json!(246), 3));
    let path =
        format!("/workflowcore/tickets/statistics?groupBy=age&siteIds={SITE_3LW},{SITE_60M}");
    assert_eq!(demo.get(&BEN, &path).await.body["total"], 96);
    for by in ["status", "priority", "category", "age"] {
        let path = format!("/workflowcore/tickets/statistics?groupBy={by}");
        let body = demo.get(&BEN, &path).await.body;
        let groups = body["groups"].as_array().unwrap();
        let sum: u64 = groups.iter().map(|group| group["count"].as_u64().unwrap()).sum();
        assert_eq!((sum, groups.len() > 1), (246, true), "{by}");
    }
}

#[tokio::test]
async fn permissions_follow_the_assignments_as_they_change() {
    let demo = Demo::start(true).await;
    let first = demo.get(&BEN, PERMISSIONS_PATH).await;
    assert_eq!(first.body["subject"], BEN.oid);
    let etag = first.etag.unwrap();
    let again = [("if-none-match", etag.as_str())];
    assert_eq!(demo.send(&BEN, "GET", PERMISSIONS_PATH, &again, None).await.status, 304);
    let names: Vec<&str> =
        first.body["permissions"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert_eq!(names.len(), 6);
    let ana = demo.get(&ANA, PERMISSIONS_PATH).await.body;
    assert_eq!(ana["permissions"].as_array().unwrap().len(), 17);
    assert_eq!(ana["permissions"][0]["global"], true);
    let finn = demo.get(&FINN, PERMISSIONS_PATH).await.body;
    assert_eq!(
        finn["permissions"][0]["scopes"],
        json!([{"type": "location", "id": FINN_LEVEL, "siteId": SITE_60M, "inherit": true}])
    );
    assert_eq!(demo.get(&DAN, PERMISSIONS_PATH).await.body["permissions"], json!([]));

    let without_ben = ASSIGNMENTS.replace("groups: [facilities]", "groups: [none]");
    demo.around.authz().replace(&without_ben).unwrap();
    let later = demo.send(&BEN, "GET", PERMISSIONS_PATH, &again, None).await;
    assert_eq!((later.status, later.body["permissions"].as_array().unwrap().len()), (200, 3));
    let nobody = "roles: {}\nusers: []\nassignments: []\n";
    demo.around.authz().replace(nobody).unwrap();
    assert_eq!(demo.get(&BEN, PERMISSIONS_PATH).await.status, 403);
    assert!(demo.around.authz().replace("roles: {}").is_err());
}

#[tokio::test]
async fn answers_of_the_authorisation_service_can_be_spoilt() {
    let demo = Demo::start(true).await;
    let authz = demo.around.authz();
    authz.spoil(|answer| {
        answer["permissions"][0].as_object_mut().unwrap().shift_remove("global");
    });
    assert!(demo.get(&BEN, PERMISSIONS_PATH).await.body["permissions"][0].get("global").is_none());
    authz.heal();
    authz.inject(Fault::answer(500, "no"));
    assert_eq!(demo.get(&BEN, PERMISSIONS_PATH).await.status, 500);
    authz.heal();
    assert_eq!(demo.get(&BEN, PERMISSIONS_PATH).await.body["permissions"][0]["global"], false);
    assert_eq!(authz.hits(), 3);
}

#[tokio::test]
async fn a_bad_token_gets_nowhere() {
    let demo = Demo::start(false).await;
    let entra = demo.around.entra();
    let url = format!("{}/sites", demo.around.services().sitecore_url());
    let ask = |token: String| demo.client.get(&url).bearer_auth(token).send();
    assert_eq!(ask(entra.token(&ANA)).await.unwrap().status(), 200);
    let alter = |claim: &'static str, value: Value| {
        entra.mint(&ANA, |claims| {
            claims.insert(claim.to_owned(), value);
        })
    };
    for token in [
        alter("aud", json!("api://another")),
        alter("iss", json!("https://another.example")),
        alter("exp", json!(1_700_000_000)),
        alter("tid", json!("another")),
        format!("{}x", entra.token(&ANA)),
        "rubbish".to_owned(),
    ] {
        let reply = ask(token).await.unwrap();
        assert_eq!(reply.status(), 401);
        assert_eq!(reply.headers()["content-type"], "application/problem+json; charset=utf-8");
    }
}

#[tokio::test]
async fn a_cycle_in_the_tree_ends_nothing() {
    let demo = Demo::start(true).await;
    let [one, other] = demo.around.services().add_location_cycle();
    let tree = demo.get(&ANA, &format!("/sitecore/locations/tree?root={one}&depth=5")).await.body;
    let ids: Vec<&str> =
        tree["items"].as_array().unwrap().iter().map(|node| text(node, "id")).collect();
    assert_eq!(ids, [one, other]);
}

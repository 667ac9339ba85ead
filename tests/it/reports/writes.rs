//! Reports are made and changed after a yes, inside the person's sites before and after.

use osier::demo::{SITE_3LW, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::{BOTH, COMFORT, ENERGY, id_of, manager};
use crate::dashboards::{person, site};
use crate::harness::{Answered, TestApp, Version};

fn new_report(sites: &[&str]) -> Value {
    json!({
        "name": "Weekly look",
        "type": "energy",
        "scopeIds": sites,
        "visibility": "shared",
        "queryId": "energy_by_site",
    })
}

#[tokio::test]
async fn a_report_is_made_after_a_yes_that_saw_its_sites() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let her = manager(&app, &[SITE_60M, SITE_12H]).await;
        let arguments = new_report(&[SITE_60M, SITE_12H]);
        let asked = her.call("create_report", arguments.clone()).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(asked.question(), @r#"
            Create a report?
            - Name: Weekly look
            - Type: energy
            - Sites: ["Quillmarrow House","Brindlefax Tower"]
            - Visibility: shared
            - Saved query: Energy by site
            "#);
        }
        let no = her.call_answering("create_report", arguments.clone(), Answered::No).await;
        assert!(no.is_error());
        assert_eq!(app.around.services().reports().len(), 7);
        let made = her.call_answering("create_report", arguments, Answered::Yes).await;
        assert_eq!(made.item()["scopeIds"], json!([SITE_60M, SITE_12H]));
        assert_eq!(app.around.services().reports().len(), 8);
        let write = &app.around.services().wire().writes()[0];
        assert!(write.header("idempotency-key").is_some());
        assert_eq!(write.json()["scopeIds"], json!([SITE_60M, SITE_12H]));
    }
}

#[tokio::test]
async fn no_site_outside_is_named_in_a_report() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let her = manager(&app, &[SITE_60M]).await;
        let unknown = her.call("create_report", new_report(&[SITE_60M, "nowhere"])).await;
        let outside = her.call("create_report", new_report(&[SITE_60M, SITE_12H])).await;
        assert_eq!(outside.refusal(), unknown.refusal());
        assert!(outside.text().contains("'scopeIds.1'"), "{outside:?}");
        let change = json!({"reportId": id_of(&app, ENERGY), "scopeIds": [SITE_12H]});
        let reply = her.call("update_report", change).await;
        assert!(reply.text().contains("'scopeIds.0'"), "{reply:?}");
        // Nor is one that lies outside in part.
        let change = json!({"reportId": id_of(&app, COMFORT), "name": "Mine"});
        assert!(her.call("update_report", change).await.text().contains("'reportId'"));
        for none in [json!([]), json!(SITE_60M), Value::Null] {
            let mut odd = new_report(&[]);
            odd["scopeIds"] = none;
            assert_eq!(her.call("create_report", odd.clone()).await.code(), Some(-32602), "{odd}");
        }
        assert!(app.around.services().wire().writes().is_empty());
    }
}

#[tokio::test]
async fn a_report_runs_no_query_that_its_author_may_not_run() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let her = manager(&app, &[SITE_60M]).await;
        let of = |query: &str| {
            let mut report = new_report(&[SITE_60M]);
            report["queryId"] = json!(query);
            report
        };
        // This one tells no sites apart, so that it is for those alone who may everywhere.
        let hidden = her.call("create_report", of("portfolio_energy")).await;
        let unknown = her.call("create_report", of("no_such_query")).await;
        assert_eq!(hidden.refusal(), unknown.refusal());
        assert!(hidden.text().contains("'queryId'"), "{hidden:?}");
        let change = json!({"reportId": id_of(&app, ENERGY), "queryId": "portfolio_energy"});
        assert_eq!(her.call("update_report", change).await.refusal(), unknown.refusal());
        assert!(app.around.services().wire().writes().is_empty());
    }
}

#[tokio::test]
async fn a_cursor_tells_nothing_of_reports_at_other_sites() {
    let app = TestApp::lax().await;
    let her = manager(&app, &[SITE_60M]).await;
    // Her one report fills the page, and those behind it are at more sites than hers.
    for q in ["energy", "monthly", "e"] {
        let page = her.call("list_reports", json!({"pageSize": 1, "q": q})).await;
        assert_eq!((page.items().len(), page.next_cursor()), (1, None), "{q}");
    }
}

#[tokio::test]
async fn a_change_shows_before_and_after_and_is_bound_to_what_was_shown() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let id = id_of(&app, ENERGY);
    let her = manager(&app, &[SITE_60M, SITE_12H]).await;
    let change = json!({"reportId": id, "name": "Energy", "scopeIds": [SITE_60M, SITE_12H]});
    let asked = her.call("update_report", change.clone()).await;
    insta::assert_snapshot!(asked.question(), @r#"
    Change the report Quillmarrow monthly energy?
    - Name: Quillmarrow monthly energy → Energy
    - Sites: ["Quillmarrow House"] → ["Quillmarrow House","Brindlefax Tower"]
    "#);
    let state = asked.state().unwrap();
    services.edit_report(&id, |report| report["type"] = json!("custom"));
    let reply = her.answer("update_report", change.clone(), state, &Answered::Yes).await;
    assert!(reply.text().starts_with("The record changed"), "{reply:?}");
    assert!(services.wire().writes().is_empty());

    let done = her.call_answering("update_report", change, Answered::Yes).await;
    assert_eq!(done.item()["name"], "Energy");
    let writes = services.wire().writes();
    assert!(writes[0].header("if-match").is_some_and(|etag| etag.ends_with("-2\"")), "{writes:?}");
}

#[tokio::test]
async fn a_change_between_the_last_look_and_the_write_is_stale() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let fault = osier::demo::Fault::answer(412, "").only(http::Method::PATCH);
    app.around.services().inject("/reports/reports", fault);
    let change = json!({"reportId": id_of(&app, ENERGY), "name": "Energy"});
    let reply = ana.call_answering("update_report", change, Answered::Yes).await;
    assert!(reply.text().contains("changed in reports meanwhile"), "{reply:?}");
}

#[tokio::test]
async fn a_report_that_moved_out_of_reach_is_not_written() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let services = app.around.services();
        let id = id_of(&app, ENERGY);
        let her = manager(&app, &[SITE_60M]).await;
        for (field, moved) in
            [("scopeIds", json!([SITE_60M, SITE_3LW])), ("visibility", json!("private"))]
        {
            let before = services.report(ENERGY).unwrap()[field].clone();
            let change = json!({"reportId": id, "description": "Mine now."});
            let asked = her.call("update_report", change.clone()).await;
            let state = asked.state().unwrap().to_owned();
            services.edit_report(&id, |report| report[field] = moved.clone());
            let reply = her.answer("update_report", change, &state, &Answered::Yes).await;
            assert!(reply.text().contains("Nothing was found for 'reportId'"), "{reply:?}");
            services.edit_report(&id, |report| report[field] = before);
        }
        assert!(services.wire().writes().is_empty());
    }
}

#[tokio::test]
async fn a_site_that_was_taken_away_meanwhile_is_not_written() {
    let app = TestApp::lax().await;
    let who = person(&app, BOTH, &[site(SITE_60M), site(SITE_12H)]);
    let her = app.speaking_as(&who, Version::V2026_07_28).await;
    let arguments = new_report(&[SITE_60M, SITE_12H]);
    let asked = her.call("create_report", arguments.clone()).await;
    let less = format!(
        "roles:\n  r: [{BOTH}]\nusers:\n  - {{id: {0}}}\nassignments:\n  - {{user: {0}, role: r, at: {1}}}\n",
        who.oid,
        site(SITE_60M)
    );
    app.around.authz().replace(&less).unwrap();
    let state = asked.state().unwrap();
    let reply = her.answer("create_report", arguments, state, &Answered::Yes).await;
    assert!(reply.is_error(), "{reply:?}");
    assert!(app.around.services().wire().writes().is_empty());
}

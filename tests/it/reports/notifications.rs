//! Who is sent a report: people and groups of the tenant, by id, named in the question.

use osier::demo::{SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::{COMFORT, ENERGY, entry, id_of, manager};
use crate::harness::{Answered, TestApp};

fn weekly(app: &TestApp, recipients: &[&str]) -> Value {
    let ids: Vec<Value> = recipients.iter().map(|name| entry(app, name)).collect();
    json!({
        "reportId": id_of(app, ENERGY),
        "recipientIds": ids,
        "channel": "email",
        "format": "pdf",
        "frequency": "weekly",
        "dayOfWeek": "monday",
        "time": "08:00",
        "timeZone": "Europe/London",
    })
}

#[tokio::test]
async fn a_notification_is_made_after_a_yes_that_saw_the_names() {
    let app = TestApp::new().await;
    let her = manager(&app, &[SITE_60M]).await;
    let arguments = weekly(&app, &["Ben Osei", "Directors"]);
    let asked = her.call("create_report_notification", arguments.clone()).await;
    insta::assert_snapshot!(asked.question(), @r#"
    Send the report Quillmarrow monthly energy regularly?
    - To: ["Ben Osei","Directors"]
    - By: e-mail
    - As: pdf
    - How often: weekly
    - Day of the week: monday
    - Time: 08:00
    - Time zone: Europe/London
    - Sent from now on: yes
    "#);
    let made = her.call_answering("create_report_notification", arguments, Answered::Yes).await;
    assert_eq!(made.item()["recipients"][1]["name"], "Directors");
    assert_eq!(made.item()["schedule"]["time"], "08:00");
    let body = app.around.services().wire().writes()[0].json();
    assert_eq!(body["recipients"][0], json!({"type": "user", "id": entry(&app, "Ben Osei")}));
    assert_eq!(app.around.services().notifications_of(&id_of(&app, ENERGY)).len(), 2);
}

#[tokio::test]
async fn a_recipient_is_never_an_address_and_always_of_the_tenant() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let her = manager(&app, &[SITE_60M]).await;
        for (odd, says) in [
            (json!(["someone@else.example"]), "recipientIds.0"),
            (json!([{"type": "email", "id": "someone@else.example"}]), "recipientIds.0"),
            (json!("someone@else.example"), "recipientIds"),
            (json!([]), "recipientIds"),
            (json!(["00000000-0000-4000-8000-000000000000"]), "'recipientIds.0'"),
            (json!([entry(&app, "Ben Osei"), SITE_60M]), "'recipientIds.1'"),
        ] {
            let mut arguments = weekly(&app, &["Ben Osei"]);
            arguments["recipientIds"] = odd.clone();
            let reply = her.call("create_report_notification", arguments).await;
            assert!(reply.is_error() && reply.text().contains(says), "{odd}: {reply:?}");
        }
        let mut arguments = weekly(&app, &["Ben Osei"]);
        arguments["recipients"] = json!(["someone@else.example"]);
        assert_eq!(her.call("create_report_notification", arguments).await.code(), Some(-32602));
        assert!(app.around.services().wire().writes().is_empty());
    }
}

#[tokio::test]
async fn a_change_shows_what_it_changes_and_is_bound_to_it() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let report = id_of(&app, ENERGY);
    let notification = services.notifications_of(&report)[0]["id"].clone();
    let her = manager(&app, &[SITE_60M]).await;
    let change = json!({
        "reportId": report,
        "notificationId": notification,
        "recipientIds": [entry(&app, "Facilities")],
        "time": "09:15",
        "enabled": false,
    });
    let asked = her.call("update_report_notification", change.clone()).await;
    insta::assert_snapshot!(asked.question(), @r#"
    Change how the report Quillmarrow monthly energy is sent?
    - To: ["Ana Lima","Ben Osei"] → ["Facilities"]
    - Time: 07:30 → 09:15
    - Sent: yes → no
    "#);
    let state = asked.state().unwrap();
    let id = notification.as_str().unwrap();
    services.edit_notification(id, |one| one["format"] = json!("xlsx"));
    let refused =
        her.answer("update_report_notification", change.clone(), state, &Answered::Yes).await;
    assert!(refused.text().starts_with("The record changed"), "{refused:?}");
    let done = her.call_answering("update_report_notification", change, Answered::Yes).await;
    let item = done.item();
    assert_eq!(item["schedule"]["frequency"], "weekly", "what isn't named stays: {item}");
    assert_eq!([&item["schedule"]["time"], &item["enabled"]], [&json!("09:15"), &json!(false)]);
    assert_eq!(item["recipients"][0]["name"], "Facilities");
    assert!(services.wire().writes()[0].header("if-match").is_some());
}

#[tokio::test]
async fn a_notification_is_its_reports() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let services = app.around.services();
        let her = manager(&app, &[SITE_60M]).await;
        let others = services.notifications_of(&id_of(&app, COMFORT))[0]["id"].clone();
        for report in [ENERGY, COMFORT] {
            let change = json!({
                "reportId": id_of(&app, report),
                "notificationId": others,
                "enabled": false,
            });
            let reply = her.call("update_report_notification", change).await;
            assert!(reply.text().contains("Nothing was found for"), "{reply:?}");
        }
        // Nor once its report covers more than the person's sites.
        let him = manager(&app, &[SITE_60M, SITE_12H]).await;
        let report = id_of(&app, COMFORT);
        let change = json!({"reportId": report, "notificationId": others, "enabled": false});
        let asked = him.call("update_report_notification", change.clone()).await;
        let state = asked.state().unwrap().to_owned();
        services.edit_report(&report, |report| {
            report["scopeIds"] = json!(osier::demo::SITES);
        });
        let reply = him.answer("update_report_notification", change, &state, &Answered::Yes).await;
        assert!(reply.text().contains("Nothing was found for 'reportId'"), "{reply:?}");
        assert!(services.wire().writes().is_empty());
    }
}

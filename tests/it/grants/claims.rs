//! The token's own roles and groups: what they stand for, and that a token which can't name its groups
//! isn't one without.

use std::io::Write as _;

use osier::demo::{BEN, SITE_60M};
use serde_json::{Map, Value, json};

use super::set;
use crate::harness::{Client, TestApp, Version};

const GROUP: &str = "7d1c0e52-3a4b-4d0b-8d43-7f0b1c2d3e4f";
const TOO_MANY: &str = "You are in more groups than your sign-in can name, so your permissions can't \
    be read and nothing is allowed. Ask your administrator: the groups that Osier's sign-in names must \
    be limited to those assigned to it.";

async fn app(assignments: &str) -> TestApp {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let roles = "roles:\n  looks: [WillowApp.CanViewLocations, WillowApp.CanViewTickets]\n  \
                 works: [WillowApp.CanEditTickets]\n";
    write!(file, "{roles}assignments:\n{assignments}").unwrap();
    TestApp::with(set(&[("ADAPTER", "claims"), ("FILE", file.path().to_str().unwrap())])).await
}

async fn with(app: &TestApp, alter: impl FnOnce(&mut Map<String, Value>)) -> Client {
    let token = app.around.entra().mint(&BEN, alter);
    Client::connect(&app.http, &app.url, token, Version::V2026_07_28).await
}

fn by_groups() -> String {
    format!(
        "  - {{app_role: Facilities.View, role: looks, at: {{site: {SITE_60M}}}}}\n  \
         - {{group: {GROUP}, role: works, at: {{site: {SITE_60M}}}}}\n"
    )
}

#[tokio::test]
async fn roles_and_groups_of_the_token_are_what_a_person_may() {
    let app = app(&by_groups()).await;
    let none = with(&app, |_| {}).await;
    assert_eq!(none.tools().await, ["get_my_permissions"]);
    let role = with(&app, |claims| {
        claims.insert("roles".into(), json!(["Facilities.View"]));
    });
    let role = role.await;
    let sites = role.call("list_sites", json!({})).await;
    assert_eq!(sites.items().len(), 1);
    assert!(!role.tools().await.contains(&"update_ticket".to_owned()));
    // Two tokens of one person at the same time: each counts for itself.
    let group = with(&app, |claims| {
        claims.insert("groups".into(), json!([GROUP.to_uppercase(), "other"]));
    });
    let group = group.await;
    assert!(group.tools().await.contains(&"update_ticket".to_owned()));
    assert!(!group.tools().await.contains(&"list_sites".to_owned()));
    assert_eq!(none.tools().await, ["get_my_permissions"]);
}

#[tokio::test]
async fn case_084_a_token_that_names_no_groups_since_they_are_too_many_is_refused_in_words() {
    let marks: [(&str, Value); 5] = [
        ("_claim_names", json!({"groups": "src1"})),
        ("_claim_names", json!("{\"groups\":\"src1\"}")),
        ("hasgroups", json!(true)),
        ("hasgroups", json!("true")),
        ("groups:src1", json!("https://graph.windows.net/x")),
    ];
    let app = app(&by_groups()).await;
    let by_roles = "  - {app_role: Facilities.View, role: looks, at: global}\n";
    let other = self::app(by_roles).await;
    other.around.services().set_strict(false);
    for (name, value) in marks {
        let alter = |claims: &mut Map<String, Value>| {
            claims.insert("roles".into(), json!(["Facilities.View"]));
            claims.insert("groups".into(), json!([GROUP]));
            claims.insert(name.into(), value.clone());
        };
        let many = with(&app, alter).await;
        let listed = many.request("tools/list", json!({})).await;
        assert_eq!((listed.code(), listed.text()), (Some(-32603), TOO_MANY.into()), "{name}");
        assert_eq!(many.call("list_sites", json!({})).await.text(), TOO_MANY, "{name}");
        // Where no group decides, it doesn't matter.
        assert_eq!(with(&other, alter).await.call("list_sites", json!({})).await.items().len(), 4);
    }
    let none = |claims: &mut Map<String, Value>| {
        claims.insert("hasgroups".into(), json!(false));
        claims.insert("_claim_names".into(), json!({"wids": "src1"}));
    };
    assert_eq!(with(&app, none).await.tools().await, ["get_my_permissions"]);
}

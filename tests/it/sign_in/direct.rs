//! Where clients go to Entra themselves, nothing of the facade is there.

use serde_json::json;

use crate::harness::{Client, Setup, TestApp, Version};

async fn direct() -> TestApp {
    let settings = [("OSIER_AUTH__MODE".to_owned(), "direct".to_owned())];
    TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await
}

#[tokio::test]
async fn there_is_no_page_to_link_to_so_a_mute_client_is_refused() {
    let app = direct().await;
    let page = app.http.get(format!("{}/confirm/{}", app.url, "a".repeat(26))).send().await;
    assert_eq!(page.unwrap().status(), 404);
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let token = app.token("ben");
        let ben = Client::connect_with(&app.http, &app.url, token, version, json!({})).await;
        let ticket = json!({
            "siteId": osier::demo::SITE_60M,
            "summary": "The lobby's light flickers",
            "description": "Since Monday",
            "priority": 4,
        });
        let reply = ben.call("create_ticket", ticket).await;
        let told = format!("{reply:?}");
        assert!(!told.contains("/confirm/"), "{told}");
        assert!(told.contains("-32021") || reply.is_error(), "{told}");
        assert!(app.around.services().wire().writes().is_empty());
    }
}

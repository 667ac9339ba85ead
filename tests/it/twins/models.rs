//! Models: the same for everybody who may view them.

use serde_json::{Value, json};

use super::{client, column, text};
use crate::harness::TestApp;

#[tokio::test]
async fn models_are_listed_searched_and_shown_with_what_they_inherit() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = ana.all_rows("list_models", json!({"pageSize": 60})).await;
    assert!(all.len() > 150);
    let ids = column(&all, "id");
    let found = ana.call("list_models", json!({"q": "air handling"})).await;
    assert_eq!(found.column("id"), ["dtmi:com:willowinc:AirHandlingUnit;1"]);
    let below = json!({"rootModelId": "dtmi:com:willowinc:Space;1", "pageSize": 100});
    let below = ana.all_rows("list_models", below).await;
    let below = column(&below, "id");
    for (name, is) in [("Space", true), ("Room", true), ("HVACZone", true), ("Asset", false)] {
        assert_eq!(below.contains(&format!("dtmi:com:willowinc:{name};1")), is, "{name}");
    }
    assert!(below.is_subset(&ids));
    let unknown = json!({"rootModelId": "dtmi:com:willowinc:Nothing;1"});
    assert!(ana.call("list_models", unknown).await.items().is_empty());

    let meter = json!({"modelId": "dtmi:com:willowinc:ElectricalMeter;1"});
    let meter = ana.call("get_model", meter).await;
    let list = |kind: &str| meter.item()[kind].as_array().unwrap().clone();
    let from = |rows: &[Value], name: &str| -> String {
        rows.iter().find(|row| row["name"] == name).map(|row| text(row, "from").to_owned()).unwrap()
    };
    assert!(from(&list("properties"), "serialNumber").contains(":Asset;"));
    assert!(from(&list("relationships"), "subMeterOf").contains(":ElectricalMeter;"));
    let none = ana.call("get_model", json!({"modelId": "dtmi:com:willowinc:Nothing;1"})).await;
    assert!(none.is_error() && none.text().contains("modelId"), "{}", none.text());
    let odd = ana.call("get_model", json!({"modelId": "dtmi:com:x';1"})).await;
    assert!(odd.is_error());
}

#[tokio::test]
async fn models_need_their_own_permission_and_no_place() {
    let app = TestApp::lax().await;
    let level = osier::demo::FINN_LEVEL;
    let place = format!("{{location: {level}, site: {}}}", osier::demo::SITE_60M);
    let finn = client(&app, &[place]).await;
    assert!(!finn.call("list_models", json!({})).await.items().is_empty());
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    for tool in ["list_models", "search_twins", "count_twins"] {
        assert_eq!(ben.call(tool, json!({})).await.text(), format!("Unknown tool: {tool}"));
    }
}

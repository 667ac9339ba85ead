//! Searches and counts: many sites, quotes, filters, and a scope of one level.

use std::collections::BTreeSet;

use osier::demo::{
    FINN_LEVEL, SITE_3LW, SITE_8KP, SITE_60M, TWIN_BETWEEN_SITES, TWIN_WITH_QUOTES,
    TWINS_FED_FROM_ELSEWHERE, canary,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{client, column, ids_where, queries, site, text, three_sites};
use crate::harness::TestApp;

/// The service refuses lists of more than fifty; a person may hold more sites than that.
#[tokio::test]
async fn trap_01_a_scope_of_more_sites_than_a_list_may_have() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let mut sites: Vec<String> = (0..118).map(|_| Uuid::new_v4().to_string()).collect();
    sites.push(SITE_60M.to_owned());
    sites.insert(3, SITE_8KP.to_owned());
    let places: Vec<String> = sites.iter().map(|id| site(id)).collect();
    let wide = client(&app, &places).await;
    let own = |twin: &Value| [SITE_60M, SITE_8KP].contains(&text(twin, "siteID"));
    let expected = ids_where(services, own);
    let found = wide.all_rows("search_twins", json!({"pageSize": 100})).await;
    assert_eq!(column(&found, "id"), expected);
    let counted = wide.call("count_twins", json!({})).await;
    assert_eq!(counted.structured()["total"], expected.len());
    let sent = queries(services);
    assert!(sent.iter().filter(|query| query.contains("COUNT")).count() == 3, "{sent:?}");
    for query in &sent {
        assert!(query.matches(',').count() < 50 && query.len() <= 8_000, "{query}");
    }
    // One of the two, by name.
    let named = json!({"siteIds": [SITE_8KP], "pageSize": 100});
    let found = wide.all_rows("search_twins", named).await;
    assert_eq!(column(&found, "id"), ids_where(services, |twin| text(twin, "siteID") == SITE_8KP));
}

#[tokio::test]
async fn trap_02_a_quote_in_a_word_an_id_or_a_value_stays_one() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let one = client(&app, &[site(SITE_60M)]).await;
    let item = one.call("get_twin", json!({"twinId": TWIN_WITH_QUOTES})).await;
    assert_eq!(text(item.item(), "id"), TWIN_WITH_QUOTES);
    let links = one.call("get_twin_relationships", json!({"twinId": TWIN_WITH_QUOTES})).await;
    assert_eq!(links.items().len(), 1);
    let walked = one.call("traverse_twin_graph", json!({"rootTwinId": TWIN_WITH_QUOTES})).await;
    assert!(walked.items().len() > 1);
    for arguments in [
        json!({"q": "caretaker's"}),
        json!({"q": "CARETAKER'S"}),
        json!({"q": "\"warm\" desk \\"}),
        json!({"filters": [{"property": "id", "operator": "equals", "value": TWIN_WITH_QUOTES}]}),
        json!({"filters": [{"property": "name", "operator": "endsWith", "value": "desk \\ sensor"}]}),
        json!({"filters": [{"property": "id", "operator": "in", "value": ["x'", TWIN_WITH_QUOTES]}]}),
        json!({"relatedTo": {"twinId": "60M-LEVEL-3", "relationship": "isCapabilityOf", "direction": "incoming"}}),
    ] {
        let found = one.call("search_twins", arguments.clone()).await;
        assert_eq!(found.column("id"), [TWIN_WITH_QUOTES], "{arguments}");
        if arguments.get("relatedTo").is_none() {
            let counted = one.call("count_twins", arguments.clone()).await;
            assert_eq!(counted.structured()["total"], 1, "{arguments}");
        }
    }
    let others = format!("x' OR T.siteID = '{SITE_3LW}");
    let all = "x' OR 'a' = 'a";
    for word in [others.as_str(), all, "\\' OR T.$dtId != '", "') OR CONTAINS(T.name, 'e", "x\\"] {
        for arguments in [
            json!({"q": word}),
            json!({"filters": [{"property": "name", "operator": "equals", "value": word}]}),
            json!({"filters": [{"property": "name", "operator": "in", "value": [word]}]}),
            json!({"relatedTo": {"twinId": word, "relationship": "isFedBy", "direction": "incoming"}}),
            json!({"siteIds": [word]}),
        ] {
            let found = one.call("search_twins", arguments.clone()).await;
            assert!(!found.is_error() && found.items().is_empty(), "{arguments} {found:?}");
        }
        for tool in ["get_twin", "get_twin_relationships"] {
            let found = one.call(tool, json!({"twinId": word})).await;
            let unknown = one.call(tool, json!({"twinId": "60M-NOTHING"})).await;
            assert_eq!(found.refusal(), unknown.refusal(), "{word}");
        }
    }
    // What isn't a name of anything never reaches the service.
    services.wire().forget();
    for arguments in [
        json!({"filters": [{"property": "name' OR T.x", "operator": "equals", "value": 1}]}),
        json!({"filters": [{"property": "name", "operator": "= 1 OR", "value": 1}]}),
        json!({"modelIds": ["dtmi:com:willowinc:Room;1') OR (1"]}),
        json!({"relatedTo": {"twinId": "x", "relationship": "a WHERE", "direction": "incoming"}}),
        json!({"filters": [{"property": "a..b", "operator": "equals", "value": 1}]}),
        json!({"filters": [{"property": "name", "operator": "contains", "value": 1}]}),
        json!({"q": "a\nb"}),
    ] {
        assert!(one.call("search_twins", arguments.clone()).await.is_error(), "{arguments}");
    }
    assert_eq!(services.wire().count("/adt/query"), 0);
}

#[tokio::test]
async fn pages_are_the_whole_and_nobody_elses() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let three = client(&app, &three_sites()).await;
    let expected = ids_where(services, |twin| {
        !["", SITE_3LW].contains(&text(twin, "siteID")) && text(twin, "$dtId").contains("AHU-0")
    });
    for size in [7, 25, 100] {
        let found = three.all_rows("search_twins", json!({"q": "AHU-0", "pageSize": size})).await;
        assert_eq!(column(&found, "id"), expected);
    }
    let hidden = three.call("search_twins", json!({"q": canary(SITE_3LW).unwrap()})).await;
    assert!(hidden.items().is_empty());
    let named = three.call("search_twins", json!({"siteIds": [SITE_3LW]})).await;
    assert_eq!(named.structured(), &json!({"items": [], "notFound": ["siteIds.0"]}));
    let counted = three.call("count_twins", json!({"siteIds": [SITE_3LW]})).await;
    assert_eq!(counted.structured()["total"], 0);
}

#[tokio::test]
async fn counts_are_those_of_the_persons_own_sites() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let three = client(&app, &three_sites()).await;
    let inside = |twin: &Value| !["", SITE_3LW].contains(&text(twin, "siteID"));
    let model = |twin: &Value| twin["$metadata"]["$model"].as_str().unwrap().to_owned();
    let room = "dtmi:com:willowinc:Room;1";
    let rooms = ids_where(services, |twin| inside(twin) && model(twin) == room).len();
    let unit = ids_where(services, |twin| inside(twin) && text(twin, "unit") == "degC").len();
    let high = |twin: &Value| twin["levelNumber"].as_u64().is_some_and(|number| number > 4);
    let high = ids_where(services, |twin| inside(twin) && high(twin)).len();
    let unheard = |twin: &Value| twin["detected"] == false;
    let unheard = ids_where(services, |twin| inside(twin) && unheard(twin)).len();
    let filter = |property: &str, operator: &str, value: Value| json!({"filters": [{"property": property, "operator": operator, "value": value}]});
    for (arguments, expected) in [
        (json!({}), ids_where(services, inside).len()),
        (json!({"modelIds": [room]}), rooms),
        (json!({"modelIds": [room], "includeSubtypes": false}), rooms),
        (json!({"modelIds": ["dtmi:com:willowinc:Space;1"], "includeSubtypes": false}), 0),
        (filter("unit", "equals", json!("degC")), unit),
        (filter("levelNumber", "greaterThan", json!(4)), high),
        (filter("detected", "equals", json!(false)), unheard),
        (filter("siteId", "equals", json!(SITE_3LW)), 0),
    ] {
        let counted = three.call("count_twins", arguments.clone()).await;
        assert_eq!(counted.structured()["total"], expected, "{arguments}");
    }
}

#[tokio::test]
async fn one_level_is_found_and_the_rest_of_its_site_is_not() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let level = format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}");
    let finn = client(&app, &[level]).await;
    let tools: BTreeSet<String> = finn.tools().await.into_iter().collect();
    assert!(tools.contains("search_twins") && !tools.contains("count_twins"), "{tools:?}");
    let on_level = |twin: &Value| {
        let path = &twin["customProperties"]["willow"]["locationPath"];
        path.as_array().unwrap().contains(&json!(FINN_LEVEL))
    };
    let found = finn.all_rows("search_twins", json!({"pageSize": 50})).await;
    assert_eq!(column(&found, "id"), ids_where(services, on_level));
    let inside = finn.call("get_twin", json!({"twinId": "60M-AHU-03"})).await;
    assert_eq!(text(inside.item(), "siteId"), SITE_60M);
    for id in ["60M-AHU-04", "BLD-60M", "12H-AHU-03", "no-such-twin"] {
        let hidden = finn.call("get_twin", json!({"twinId": id})).await;
        let unknown = finn.call("get_twin", json!({"twinId": "nothing"})).await;
        assert_eq!(hidden.refusal(), unknown.refusal(), "{id}");
    }
}

#[tokio::test]
async fn what_a_hidden_twin_is_related_to_is_not_told() {
    let app = TestApp::lax().await;
    let three = client(&app, &three_sites()).await;
    let fed = |id: &str| json!({"relatedTo": {"twinId": id, "relationship": "isFedBy", "direction": "incoming"}});
    let hidden = three.call("search_twins", fed(TWIN_BETWEEN_SITES)).await;
    let unknown = three.call("search_twins", fed("no-such-twin")).await;
    assert_eq!(hidden.structured(), unknown.structured());
    assert_eq!(hidden.items().len(), 0);
    let seen = three.call("search_twins", fed("60M-CH-01")).await;
    assert!(seen.items().len() > 3);
    let everywhere = client(&app, &["global".to_owned()]).await;
    let all = everywhere.call("search_twins", fed(TWIN_BETWEEN_SITES)).await;
    let all: BTreeSet<String> = all.column("id").into_iter().collect();
    assert!(TWINS_FED_FROM_ELSEWHERE.iter().all(|id| all.contains(*id)));
}

//! Rules, which run at some sites, and what sites have to comply with.

use std::collections::BTreeSet;

use osier::demo::{Fault, SITE_3LW, SITE_8KP, SITE_12H, SITE_60M, canary};
use serde_json::{Value, json};

use super::people::{ALL, NOBODYS, client, holder, ids_inside, level, site, text};
use crate::harness::TestApp;
use crate::scoping::matrix::{alike, ids, nothing_of};

/// The skills that run at this site.
fn at(instances: &[Value], site: &str) -> BTreeSet<String> {
    let own = instances.iter().filter(|one| one["siteId"] == site);
    own.map(|one| text(one, "skillId").to_owned()).collect()
}

#[tokio::test]
async fn rules_are_those_that_run_at_the_persons_sites_counted_there_alone() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let person = holder(&app, &ALL, &site(SITE_12H));
    let person = client(&app, &person).await;
    let ana = app.as_user("ana").await;
    let all = services.skills();
    let own = at(&all.instances, SITE_12H);
    assert!((15..40).contains(&own.len()), "{}", own.len());
    for strict in [true, false] {
        services.set_strict(strict);
        let whole = ana.all_rows("list_rules", json!({"pageSize": 15})).await;
        assert_eq!(ids(&whole), ids(&all.skills), "strict: {strict}");
        let rows = person.all_rows("list_rules", json!({"pageSize": 6})).await;
        assert_eq!(ids(&rows), own, "strict: {strict}");
        let unknown = person.call("get_rule", json!({"ruleId": NOBODYS})).await;
        for skill in &all.skills {
            let shown = person.call("get_rule", json!({"ruleId": skill["id"]})).await;
            if !own.contains(text(skill, "id")) {
                alike(&shown, &unknown, text(skill, "name"));
                continue;
            }
            let row = rows.iter().find(|row| row["id"] == skill["id"]).unwrap();
            assert_eq!(row["sites"], shown.item()["sites"]);
            let running = |one: &&Value| one["skillId"] == skill["id"] && one["siteId"] == SITE_12H;
            let running: Vec<&Value> = all.instances.iter().filter(running).collect();
            let valid = running.iter().filter(|one| one["isValid"] == true).count();
            let sites = shown.item()["sites"].as_array().unwrap();
            assert_eq!(sites.len(), 1, "{sites:?}");
            assert_eq!(sites[0]["siteId"], SITE_12H);
            assert_eq!(sites[0]["instanceCount"], running.len());
            assert_eq!(sites[0]["validInstanceCount"], valid);
            for other in [SITE_60M, SITE_8KP, SITE_3LW] {
                nothing_of(other, &shown, "a rule");
                assert!(!format!("{shown:?}").contains(other));
            }
            let told = shown.structured().to_string();
            assert!(!told.contains("insightCount"), "{told}");
        }
    }
    let ours = ana.all_rows("list_rules", json!({"siteIds": [SITE_3LW], "pageSize": 9})).await;
    assert_eq!(ids(&ours), at(&all.instances, SITE_3LW));
}

#[tokio::test]
async fn rules_are_filtered_and_a_service_that_overlooks_the_sites_is_not_believed() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let ana = app.as_user("ana").await;
    let all = services.skills();
    for (filter, field, value) in [
        (json!({"category": "energy"}), "category", json!("energy")),
        (json!({"enabled": false}), "enabled", json!(false)),
        (
            json!({"modelId": all.skills[3]["primaryModelId"]}),
            "primaryModelId",
            all.skills[3]["primaryModelId"].clone(),
        ),
    ] {
        let rows = ana.all_rows("list_rules", filter.clone()).await;
        let fitting = all.skills.iter().filter(|one| one[field] == value);
        assert_eq!(ids(&rows), ids(&fitting.cloned().collect::<Vec<_>>()), "{filter}");
    }
    // Everything of everywhere, whatever was asked.
    let served = ana.all_rows("list_rules", json!({"pageSize": 20})).await;
    let own_rule = served.iter().find(|row| text(row, "name").contains("Velvastone"));
    assert!(own_rule.is_some());
    services.inject("/activate/skills", Fault::json(&json!({"items": served})));
    let person = holder(&app, &ALL, &site(SITE_12H));
    let person = client(&app, &person).await;
    let rows = person.all_rows("list_rules", json!({"pageSize": 7})).await;
    assert_eq!(ids(&rows), at(&all.instances, SITE_12H));
    let told = json!(rows).to_string();
    for other in [SITE_60M, SITE_8KP, SITE_3LW] {
        assert!(!told.contains(other) && !told.contains(canary(other).unwrap()));
    }
}

#[tokio::test]
async fn compliance_is_that_of_the_persons_places() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let all = services.requirements();
    let newest = text(&all[0], "period").to_owned();
    for place in [site(SITE_8KP), level()] {
        let person = holder(&app, &ALL, &place);
        let held = app.around.authz().grants(person.oid)["WillowApp.CanViewCompliance"].clone();
        let person = client(&app, &person).await;
        let fitting = |fits: &dyn Fn(&Value) -> bool| {
            let fitting: Vec<Value> = all.iter().filter(|one| fits(one)).cloned().collect();
            ids_inside(&held, &fitting)
        };
        for strict in [true, false] {
            services.set_strict(strict);
            let rows = person.all_rows("get_compliance_status", json!({"pageSize": 5})).await;
            let now = fitting(&|one| one["period"] == newest);
            assert!(!now.is_empty());
            assert_eq!(ids(&rows), now, "{place}");
            for one in all.iter().step_by(9) {
                let year = &text(one, "period")[..4];
                let of_year = fitting(&|other| text(other, "period").starts_with(year));
                let rows = person.all_rows("get_compliance_status", json!({"period": year})).await;
                assert_eq!(ids(&rows), of_year, "{year}");
                let narrow = json!({"period": one["period"], "standard": one["standard"],
                                    "status": one["status"]});
                let rows = person.all_rows("get_compliance_status", narrow).await;
                let alike = |other: &Value| {
                    ["period", "standard", "status"].iter().all(|key| other[key] == one[key])
                };
                assert_eq!(ids(&rows), fitting(&alike));
            }
        }
    }
}

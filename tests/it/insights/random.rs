//! Random people: no reply of these tools tells of a place outside, and counts are what they must be.

use std::collections::BTreeSet;

use osier::access::Scopes;
use osier::demo::{ASSIGNMENTS, FINN_LEVEL, Person, SITE_3LW, SITES, canary};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use super::people::{ALL, client};
use crate::harness::TestApp;
use crate::scoping::matrix::stranger;
use crate::sixty::AREAS;

/// The tools, and what each needs.
const TOOLS: [(&str, &[&str]); 12] = [
    ("list_inspections", &[ALL[2]]),
    ("get_inspection", &[ALL[2]]),
    ("list_insights", &[ALL[0]]),
    ("get_insight", &[ALL[0]]),
    ("list_insight_occurrences", &[ALL[0]]),
    ("get_insight_points", &[ALL[0], ALL[1]]),
    ("get_insight_history", &[ALL[0]]),
    ("summarize_insights", &[ALL[0]]),
    ("list_alerts", &[ALL[0]]),
    ("list_rules", &[ALL[3]]),
    ("get_rule", &[ALL[3]]),
    ("get_compliance_status", &[ALL[4]]),
];

/// One assignment: a permission, and a place by its number.
type Grant = (usize, usize);

fn places(app: &TestApp) -> Vec<String> {
    let services = app.around.services();
    let room = services.records_of(SITE_3LW).locations.into_iter().rev();
    let room = room.into_iter().find(|node| node["kind"] == "space").unwrap();
    let mut places = vec!["global".to_owned()];
    places.extend(SITES.iter().map(|site| format!("{{site: {site}}}")));
    places.push(format!("{{location: {FINN_LEVEL}, site: {}}}", SITES[0]));
    places.push(format!("{{location: {}, site: {SITE_3LW}}}", room["id"]));
    places
}

fn person(app: &TestApp, places: &[String], grants: &[Grant]) -> Person {
    let oid = Uuid::new_v4().to_string().leak();
    let roles: String = ALL
        .iter()
        .enumerate()
        .map(|(index, name)| format!("  r{index}: [{name}]\n"))
        .collect::<Vec<_>>()
        .concat();
    let held: String = grants
        .iter()
        .map(|(role, place)| {
            format!("  - {{user: {oid}, role: r{role}, at: {}}}\n", places[*place])
        })
        .collect::<Vec<_>>()
        .concat();
    let text = ASSIGNMENTS.replace("users:\n", &format!("{roles}\nusers:\n  - {{id: {oid}}}\n"));
    app.around.authz().replace(&format!("{}\n{held}", text.trim_end())).unwrap();
    stranger("random", oid)
}

fn held(app: &TestApp, person: &Person, permissions: &[&str]) -> Scopes {
    let grants = app.around.authz().grants(person.oid);
    let mut each = permissions.iter().map(|name| grants.get(*name).cloned().unwrap_or_default());
    let first = each.next().unwrap();
    each.fold(first, |all, one| all.intersection(&one))
}

/// Calls every tool so, and judges every reply.
async fn check(
    app: &TestApp,
    places: &[String],
    grants: &[Grant],
    pick: usize,
) -> Result<(), TestCaseError> {
    let person = person(app, places, grants);
    let client = client(app, &person).await;
    let listed: BTreeSet<String> = client.tools().await.into_iter().collect();
    for (tool, permissions) in TOOLS {
        let scopes = held(app, &person, permissions);
        let area = AREAS.iter().find_map(|area| Some((area, (area.arguments)(app, tool, pick)?)));
        let (area, arguments) = area.unwrap();
        let reply = client.call(tool, arguments.clone()).await;
        if !listed.contains(tool) {
            prop_assert_eq!(reply.text(), format!("Unknown tool: {tool}"));
            continue;
        }
        prop_assert!(!scopes.is_empty());
        let mut said = format!("{:?}", reply.message);
        for word in arguments.as_object().unwrap().values() {
            said = said.replace(&word.to_string(), "");
        }
        for site in SITES.iter().filter(|site| !scopes.pushed_sites(true).contains(*site)) {
            let told = said.contains(canary(site).unwrap()) || said.contains(*site);
            prop_assert!(!told || scopes.is_global(), "{} {} tells of {}", tool, arguments, said);
        }
        let mut whole: BTreeSet<String> = scopes.sites().map(str::to_owned).collect();
        if let Some(named) = arguments["siteIds"].as_array() {
            whole.retain(|site| named.iter().any(|one| one == site.as_str()));
        }
        if let Some(expected) = (area.counts)(app, tool, &arguments, &whole)
            && !scopes.is_global()
        {
            for key in ["groups", "total"] {
                let counted = &reply.structured()[key];
                prop_assert_eq!(counted, &expected[key], "{} {}", tool, arguments);
            }
        }
    }
    Ok(())
}

#[test]
fn random_people_see_no_other_places_and_right_counts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::lax());
    let places = places(&app);
    let place = prop_oneof![1 => Just(0_usize), 12 => 1..places.len()];
    let grants = prop::collection::vec((0..ALL.len(), place), 1..8);
    let strategy = (grants, any::<bool>(), 0_usize..1000);
    let config =
        Config { cases: 64, failure_persistence: None, max_shrink_iters: 30, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner
        .run(&strategy, |(grants, strict, pick)| {
            app.around.services().set_strict(strict);
            runtime.block_on(check(&app, &places, &grants, pick))
        })
        .unwrap();
}

/// For everybody's whole scope, by every grouping: ana's counts are all there are.
#[tokio::test]
async fn anas_counts_are_all_there_are() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = app.around.services().insights();
    for by in ["site", "type", "priority", "skill", "status"] {
        let counted = ana.call("summarize_insights", json!({"groupBy": by})).await;
        let counted = counted.structured();
        assert_eq!(counted["total"], all.insights.len(), "{by}");
        let groups = counted["groups"].as_array().unwrap();
        let sum: u64 = groups.iter().map(|group: &Value| group["count"].as_u64().unwrap()).sum();
        assert_eq!(sum, all.insights.len() as u64, "{by}");
    }
}

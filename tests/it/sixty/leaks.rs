//! Nothing hidden leaks: over random permissions, arguments, cursors, filters, sorts and fields, with
//! services that fence and services that don't, no reply tells of a place outside, and each count is
//! the figure recomputed from the records of that scope.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use osier::access::Scopes;
use osier::catalog::{Requirement, Tool};
use osier::demo::{FINN_LEVEL, Person, SITE_60M, SITES, Whereabouts, canary};
use serde_json::{Value, json};
use uuid::Uuid;

use super::AREAS;
use crate::harness::{Client, Reply, TestApp, Version};
use crate::scoping::stranger;

/// What one test calls; the four together make more than 20,000.
const CALLS: usize = 5_100;
/// Calls by one person, who is then forgotten.
const CALLS_EACH: usize = 60;

/// Numbers from a seed (xorshift64*), so that a failure can be run again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % bound
    }
}

/// The world, looked up once.
struct Known {
    records: BTreeMap<String, Whereabouts>,
    /// Every place that can be assigned, the places of one site together.
    assignable: Vec<String>,
    permissions: Vec<String>,
}

impl Known {
    fn of(app: &TestApp) -> Self {
        let services = app.around.services();
        let mut assignable = Vec::new();
        for site in SITES {
            assignable.push(format!("{{site: {site}}}"));
            let nodes = services.records_of(site).locations;
            let node = |kind: &str| nodes.iter().rev().find(|one| one["kind"] == kind).unwrap();
            for node in [node("level"), node("space")] {
                let id = node["id"].as_str().unwrap();
                assignable.push(format!("{{location: {id}, site: {site}}}"));
            }
        }
        assignable.push(format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}"));
        let catalog = &app.pipeline.catalog;
        let mut permissions: BTreeSet<String> =
            catalog.tools().flat_map(|tool| names(&tool.permission)).collect();
        permissions.insert("WillowApp.CanDoSomethingUnheardOf".to_owned());
        let permissions = permissions.into_iter().collect();
        Self { records: services.whereabouts(), assignable, permissions }
    }
}

fn names(requirement: &Requirement) -> Vec<String> {
    match requirement {
        Requirement::Any(names) | Requirement::All(names) => names.clone(),
        Requirement::SignedIn(_) => Vec::new(),
    }
}

/// A new person with some permissions at some places, seldom everywhere.
fn person(app: &TestApp, known: &Known, numbers: &mut Numbers) -> Person {
    let oid = Uuid::from_u64_pair(numbers.0, 7).to_string().leak();
    let mut text = "roles:\n".to_owned();
    let mut held = String::new();
    for role in 0..=numbers.below(3) {
        let share = 1 + numbers.below(3);
        let some: Vec<&str> = known
            .permissions
            .iter()
            .filter(|_| numbers.below(3) < share)
            .map(String::as_str)
            .collect();
        _ = writeln!(text, "  r{role}: [{}]", some.join(", "));
        for _ in 0..=numbers.below(2) {
            let place = match numbers.below(24) {
                0 => "global",
                _ => &known.assignable[numbers.below(known.assignable.len())],
            };
            _ = writeln!(held, "  - {{user: {oid}, role: r{role}, at: {place}}}");
        }
    }
    _ = write!(text, "users:\n  - {{id: {oid}}}\nassignments:\n{held}");
    app.around.authz().replace(&text).unwrap_or_else(|problems| panic!("{problems:?}: {text}"));
    stranger("random", oid)
}

/// Where a person holds what a tool needs; of a composed one, what its parts need.
fn held(app: &TestApp, person: &Person, tool: &Tool) -> Scopes {
    let grants = app.around.authz().grants(person.oid);
    let of = |name: &String| grants.get(name).cloned().unwrap_or_default();
    if let Some(parts) = tool.parts() {
        let parts = parts.iter().map(|part| held(app, person, &part.tool));
        return parts.fold(Scopes::default(), |all, one| all.union(&one));
    }
    match &tool.permission {
        Requirement::All(names) => {
            names.iter().map(of).reduce(|all, one| all.intersection(&one)).unwrap_or_default()
        }
        Requirement::Any(names) => {
            names.iter().map(of).fold(Scopes::default(), |all, one| all.union(&one))
        }
        Requirement::SignedIn(_) => Scopes::everywhere(),
    }
}

/// Ids on the way up to a place of the scope: they may be named.
fn above(known: &Known, held: &Scopes) -> BTreeSet<String> {
    let places = held.sites().chain(held.locations().flat_map(|(id, site)| [id, site]));
    places
        .filter_map(|id| known.records.get(id))
        .flat_map(|record| record.locations.iter().cloned().chain(record.site.clone()))
        .collect()
}

/// Every text in a value.
fn texts<'a>(value: &'a Value, all: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(map) => map.values().for_each(|item| texts(item, all)),
        _ => {}
    }
}

/// What a reply tells of places outside, if it does.
fn tells(known: &Known, held: &Scopes, arguments: &Value, reply: &Reply) -> Option<String> {
    if held.is_global() {
        return None;
    }
    // What was asked may be repeated; what was answered may not tell.
    let mut said = format!("{:?} {:?}", reply.message, reply.before);
    let mut asked = Vec::new();
    texts(arguments, &mut asked);
    let canaries = SITES.map(|site| canary(site).unwrap());
    for word in asked.iter().filter(|word| canaries.iter().any(|canary| word.contains(canary))) {
        said = said.replace(*word, "");
    }
    let sites = held.pushed_sites(true);
    for site in SITES.iter().filter(|site| !sites.contains(*site)) {
        if said.contains(canary(site).unwrap()) {
            return Some(format!("{} in {said}", canary(site).unwrap()));
        }
    }
    let above = above(known, held);
    let mut named = Vec::new();
    texts(&reply.message["result"]["structuredContent"], &mut named);
    let stray = named.into_iter().find(|id| {
        let Some(record) = known.records.get(*id) else { return false };
        let site = record.site.as_deref();
        // A category or a rule belongs to the whole site, also for those who hold a part of it.
        let whole = record.locations.is_empty();
        let inside = site.is_some_and(|site| held.covers_site(site))
            || whole && site.is_some_and(|site| sites.contains(site))
            || held.covers_any_location(record.locations.iter().map(String::as_str), site);
        !inside && !above.contains(*id) && !asked.contains(id)
    });
    stray.map(|id| format!("the id {id} ({:?}) in {said}", known.records[id]))
}

/// What is wrong with a count, if something is.
fn miscounted(
    app: &TestApp,
    held: &Scopes,
    tool: &str,
    arguments: &Value,
    reply: &Reply,
) -> Option<String> {
    let mut sites: BTreeSet<String> = if held.is_global() {
        // Records without a site are nobody else's.
        SITES.iter().map(|site| (*site).to_owned()).chain([String::new()]).collect()
    } else {
        held.sites().map(str::to_owned).collect()
    };
    let named = arguments.get("siteIds").and_then(Value::as_array).cloned();
    let elsewhere = |site: &Value| !held.covers_site(site.as_str().unwrap());
    let outside: Vec<String> = named
        .iter()
        .flatten()
        .enumerate()
        .filter(|(_, site)| elsewhere(site))
        .map(|(index, _)| format!("siteIds.{index}"))
        .collect();
    let named = named.or_else(|| arguments.get("siteId").map(|site| vec![site.clone()]));
    if let Some(named) = named {
        sites.retain(|site| named.iter().any(|one| one == site.as_str()));
    }
    let expected = AREAS.iter().find_map(|area| (area.counts)(app, tool, arguments, &sites))?;
    let mut counted = reply.structured().clone();
    let fields = counted.as_object_mut().unwrap();
    let not_found = fields.shift_remove("notFound").unwrap_or(json!([]));
    if not_found != json!(outside) {
        return Some(format!("not found: {not_found} instead of {outside:?}"));
    }
    if expected["groups"].is_object() {
        let groups = fields["groups"].as_array().unwrap();
        let groups = groups
            .iter()
            .map(|group| (group["key"].as_str().unwrap().to_owned(), group["count"].clone()));
        let own = json!({"groups": groups.collect::<BTreeMap<_, _>>(), "total": fields["total"]});
        return (own != expected).then(|| format!("{own} instead of {expected}"));
    }
    let own = Value::Object(
        fields
            .iter()
            .filter(|(key, _)| expected.get(key.as_str()).is_some())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    );
    (own != expected).then(|| format!("{own} instead of {expected}"))
}

async fn one_call(client: &Client, tool: &str, arguments: &Value, writes: bool) -> Reply {
    if writes {
        // In a session the question is closed; otherwise nothing waits for an answer.
        return client.call(tool, arguments.clone()).await;
    }
    let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": 1}});
    client.request("tools/call", params).await
}

/// Random people make random calls. Gives how many were answered.
async fn calls(app: &TestApp, seed: u64) -> BTreeMap<String, usize> {
    let known = Known::of(app);
    let mut numbers = Numbers(seed);
    let tools: Vec<_> = app.pipeline.catalog.tools().cloned().collect();
    let mut answered: BTreeMap<String, usize> = BTreeMap::new();
    let (mut made, mut by_this_one) = (0, CALLS_EACH);
    let mut client = None;
    while made < CALLS {
        if by_this_one >= CALLS_EACH {
            let person = person(app, &known, &mut numbers);
            let version = [Version::V2026_07_28, Version::V2025_11_25][numbers.below(8) / 7];
            client = Some((app.speaking_as(&person, version).await, person));
            by_this_one = 0;
        }
        let (client, person) = client.as_ref().unwrap();
        let tool = &tools[numbers.below(tools.len())];
        let name = tool.id.name.as_str();
        let pick = numbers.below(10_000);
        let arguments = AREAS.iter().find_map(|area| (area.arguments)(app, name, pick));
        let mut arguments = arguments.unwrap_or_else(|| panic!("nothing fits {name}"));
        let held = held(app, person, tool);
        for _page in 0..3 {
            let reply = one_call(client, name, &arguments, tool.writes()).await;
            (made, by_this_one) = (made + 1, by_this_one + 1);
            let who = || format!("{:?}", app.around.authz().grants(person.oid));
            if let Some(told) = tells(&known, &held, &arguments, &reply) {
                panic!("seed {seed}, call {made}: {name} {arguments} tells of {told}; {}", who());
            }
            if reply.is_error() || reply.message["result"]["structuredContent"].is_null() {
                break;
            }
            *answered.entry(name.to_owned()).or_default() += 1;
            if let Some(wrong) = miscounted(app, &held, name, &arguments, &reply) {
                panic!("seed {seed}, call {made}: {name} {arguments} counts {wrong}; {}", who());
            }
            match reply.next_cursor() {
                Some(cursor) if numbers.below(2) == 0 => arguments["cursor"] = cursor.into(),
                _ => break,
            }
        }
    }
    answered
}

/// All of them were answered to somebody, so that the property isn't one of refusals.
fn assert_each_was_answered(app: &TestApp, answered: &BTreeMap<String, usize>) {
    let reads = app.pipeline.catalog.tools().filter(|tool| !tool.writes());
    let never: Vec<&str> = reads
        .map(|tool| tool.id.name.as_str())
        .filter(|name| !answered.contains_key(*name))
        .collect();
    assert!(never.is_empty(), "never answered: {never:?}");
}

#[tokio::test]
async fn nothing_leaks_from_services_that_fence_nothing() {
    let app = TestApp::lax().await;
    assert_each_was_answered(&app, &calls(&app, 1).await);
    assert!(app.around.services().wire().writes().is_empty());
}

#[tokio::test]
async fn nothing_leaks_from_services_that_fence_nothing_a_second_time() {
    let app = TestApp::lax().await;
    assert_each_was_answered(&app, &calls(&app, 0x5EED).await);
}

#[tokio::test]
async fn nothing_leaks_from_services_that_fence_nothing_a_third_time() {
    let app = TestApp::lax().await;
    assert_each_was_answered(&app, &calls(&app, 0x00C0_FFEE).await);
}

#[tokio::test]
async fn nothing_leaks_from_services_that_fence() {
    let app = TestApp::new().await;
    assert_each_was_answered(&app, &calls(&app, 4).await);
    assert!(app.around.services().wire().writes().is_empty());
}

//! The sample twins are what the demo's page says, and their service refuses what the real one would.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::demo::world::{BLUEPRINTS, Shared, World};

fn graph() -> Shared<Graph> {
    World::generate(1, UNIX_EPOCH + Duration::from_secs(1_790_000_000)).twins.clone()
}

fn found(query: &str) -> Vec<Value> {
    evaluate::rows(&parse(query).unwrap(), &graph(), 0..usize::MAX).0
}

fn count(query: &str) -> Value {
    found(&format!("SELECT COUNT() FROM {query}"))[0]["COUNT"].clone()
}

#[test]
fn every_twin_of_a_site_holds_its_canary_and_no_other() {
    let graph = graph();
    assert!((3_000..4_500).contains(&graph.twins.len()), "{}", graph.twins.len());
    for twin in &graph.twins {
        let line = twin.to_string();
        for site in &BLUEPRINTS {
            let own = text(twin, "siteID") == site.id;
            assert_eq!(line.contains(site.canary), own, "{line}");
        }
    }
}

#[test]
fn ids_are_unique_and_relationships_have_both_ends() {
    let graph = graph();
    let ids: BTreeSet<&str> = graph.twins.iter().map(|twin| text(twin, "$dtId")).collect();
    assert_eq!(ids.len(), graph.twins.len());
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut own = BTreeSet::new();
    for one in &graph.relationships {
        assert!(ids.contains(text(one, "$sourceId")) && ids.contains(text(one, "$targetId")));
        assert!(own.insert(text(one, "$relationshipId")), "{one}");
        *names.entry(text(one, "$relationshipName")).or_default() += 1;
    }
    let expected = [
        "hasDocument",
        "hostedBy",
        "isCapabilityOf",
        "isFedBy",
        "isPartOf",
        "locatedIn",
        "serves",
        "subMeterOf",
    ];
    assert_eq!(names.into_keys().collect::<Vec<_>>(), expected);
}

#[test]
fn every_twin_has_a_model_that_is_listed() {
    let graph = graph();
    for twin in &graph.twins {
        let model = twin.pointer("/$metadata/$model").and_then(Value::as_str).unwrap();
        assert!(graph.models.listed.contains_key(model), "{model}");
    }
    for model in graph.models.listed.values() {
        for parent in model.pointer("/model/extends").and_then(Value::as_array).unwrap() {
            assert!(graph.models.listed.contains_key(parent.as_str().unwrap()), "{parent}");
        }
    }
}

#[test]
fn queries_find_what_they_say() {
    assert_eq!(count("DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:com:willowinc:Room;1')"), 399);
    assert_eq!(count("DIGITALTWINS WHERE siteID = 'x'".replace("siteID", "x.y").as_str()), 0);
    let spaces = count("DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:com:willowinc:Space;1')");
    assert!(spaces.as_u64().unwrap() > 430);
    assert_eq!(
        count("DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:com:willowinc:Space;1', exact)"),
        0
    );
    let quoted = found(r"SELECT T FROM DIGITALTWINS T WHERE T.$dtId = '60M-CARETAKER\'S-DESK'");
    assert_eq!(quoted.len(), 1);
    assert_eq!(text(&quoted[0]["T"], "$dtId"), TWIN_WITH_QUOTES);
    let fed =
        found("SELECT T FROM DIGITALTWINS T JOIN S RELATED T.isFedBy WHERE S.$dtId = '60M-HR-A'");
    assert_eq!(text(&fed[0]["T"], "$dtId"), "60M-HR-B");
    let all = found(
        "SELECT * FROM RELATIONSHIPS R WHERE R.$sourceId IN ['60M-HR-A'] AND NOT R.$relationshipName = 'x'",
    );
    assert_eq!(text(&all[0], "$targetId"), "60M-HR-B");
}

#[test]
fn what_gets_out_of_its_literal_is_an_error() {
    for query in [
        "SELECT T FROM DIGITALTWINS T WHERE T.name = 'O'Neil'",
        "SELECT T FROM DIGITALTWINS T WHERE T.name = 'a' OR '1' = '1'",
        "SELECT T FROM DIGITALTWINS T WHERE T.name = 'a'; SELECT T FROM DIGITALTWINS T",
        "SELECT T FROM DIGITALTWINS T WHERE T.name = 'a' -- '",
        r"SELECT T FROM DIGITALTWINS T WHERE T.name = 'a\x'",
        "SELECT T FROM DIGITALTWINS T WHERE T.name = 'a",
        "SELECT X FROM DIGITALTWINS T",
        "SELECT T FROM DIGITALTWINS T WHERE",
        "SELECT T FROM DIGITALTWINS T WHERE T.a b = 1",
        "DELETE FROM DIGITALTWINS",
        "",
    ] {
        assert_eq!(parse(query).unwrap_err().code, "SqlQueryError", "{query}");
    }
}

#[test]
fn the_limits_are_held() {
    let items = |count: usize| vec!["'x'"; count].join(",");
    let listed = |count| format!("SELECT T FROM DIGITALTWINS T WHERE T.a IN [{}]", items(count));
    assert!(parse(&listed(50)).is_ok());
    assert_eq!(parse(&listed(51)).unwrap_err().code, "BadRequest");
    let terms = |count: usize| {
        format!("SELECT T FROM DIGITALTWINS T WHERE {}", vec!["T.a = 1"; count].join(" OR "))
    };
    assert!(parse(&terms(50)).is_ok());
    assert_eq!(parse(&terms(51)).unwrap_err().code, "BadRequest");
    let long = format!("SELECT T FROM DIGITALTWINS T WHERE T.a = '{}'", "x".repeat(8_000));
    assert_eq!(parse(&long).unwrap_err().code, "BadRequest");
    let joined = "SELECT T FROM DIGITALTWINS S JOIN T RELATED S.isFedBy WHERE T.a = 1";
    assert_eq!(parse(joined).unwrap_err().code, "BadRequest");
}

//! Queries have the structure that was asked for, whatever the arguments hold; the sample service's
//! own parser reads them back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::demo::twins::parse;

fn search(body: Value) -> Search {
    serde_json::from_value(body).unwrap()
}

fn one(body: Value) -> String {
    let queries = twins(&search(body), What::Twins).unwrap();
    assert_eq!(queries.len(), 1);
    queries.into_iter().next().unwrap()
}

#[test]
fn a_search_is_one_query() {
    assert_eq!(one(json!({})), "SELECT T FROM DIGITALTWINS T");
    let asked = json!({
        "sites": ["a", "b"],
        "models": ["dtmi:com:willowinc:Room;1", "dtmi:com:willowinc:Level;1"],
        "subtypes": false,
        "where": [
            {"property": "name", "operator": "equals", "value": "O'Neil \\ Sons"},
            {"property": "customProperties.order", "operator": "in", "value": [1, "x"]},
            {"property": "levelNumber", "operator": "greaterThanOrEqual", "value": 2.5},
            {"property": "id", "operator": "startsWith", "value": "60M"},
            {"property": "unit", "operator": "isNull"},
        ],
    });
    insta::assert_snapshot!(one(asked), @r"SELECT T FROM DIGITALTWINS T WHERE T.siteID IN ['a','b'] AND (IS_OF_MODEL(T, 'dtmi:com:willowinc:Room;1', exact) OR IS_OF_MODEL(T, 'dtmi:com:willowinc:Level;1', exact)) AND T.name = 'O\'Neil \\ Sons' AND T.customProperties.[[order]] IN [1,'x'] AND T.levelNumber >= 2.5 AND STARTSWITH(T.$dtId, '60M') AND NOT IS_DEFINED(T.unit)");
    let named = one(json!({"search": "ahu"}));
    insta::assert_snapshot!(named, @"SELECT T FROM DIGITALTWINS T WHERE (CONTAINS(T.name, 'ahu') OR CONTAINS(T.name, 'Ahu') OR CONTAINS(T.name, 'AHU') OR CONTAINS(T.$dtId, 'ahu') OR CONTAINS(T.$dtId, 'AHU'))");
}

#[test]
fn what_is_related_is_a_join_that_names_the_other_twin() {
    let asked = |direction: &str| {
        one(json!({"sites": ["a"], "related":
            {"twinId": "60M-CARETAKER'S-DESK", "relationship": "isFedBy", "direction": direction}}))
    };
    insta::assert_snapshot!(asked("outgoing"), @r"SELECT T FROM DIGITALTWINS S JOIN T RELATED S.isFedBy WHERE S.$dtId = '60M-CARETAKER\'S-DESK' AND T.siteID IN ['a']");
    insta::assert_snapshot!(asked("incoming"), @r"SELECT T FROM DIGITALTWINS T JOIN S RELATED T.isFedBy WHERE S.$dtId = '60M-CARETAKER\'S-DESK' AND T.siteID IN ['a']");
    parse(&asked("incoming")).unwrap();
}

#[test]
fn counts_and_steps_have_their_own_forms() {
    let count = twins(&search(json!({"sites": ["a"]})), What::Count).unwrap();
    assert_eq!(count, ["SELECT COUNT() FROM DIGITALTWINS T WHERE T.siteID IN ['a']"]);
    let path = Path { relationship: Some("isFedBy".to_owned()), ..Path::default() };
    let step = steps(&["x", "it's"], &path, Way::In).unwrap();
    insta::assert_snapshot!(step, @r"SELECT R FROM RELATIONSHIPS R WHERE R.$targetId IN ['x','it\'s'] AND R.$relationshipName = 'isFedBy'");
    parse(&step).unwrap();
    assert!(by_id(&["x"; 51], None).is_err());
}

#[test]
fn many_sites_are_asked_for_in_turn_and_each_once() {
    for (count, length) in [(1, 8), (50, 36), (51, 36), (120, 36), (120, 128), (999, 20)] {
        let sites: Vec<String> = (0..count).map(|i| format!("{i:0length$}")).collect();
        let queries = twins(&search(json!({"sites": sites})), What::Twins).unwrap();
        let mut asked = Vec::new();
        for query in &queries {
            parse(query).unwrap();
            let (_, list) = query.split_once('[').unwrap();
            let list =
                list.trim_end_matches(']').split(',').map(|one| one.trim_matches('\'').to_owned());
            asked.extend(list);
        }
        assert_eq!(asked, sites);
    }
    // Nothing of the scope is nothing asked.
    assert!(twins(&search(json!({"sites": []})), What::Twins).unwrap().is_empty());
}

#[test]
fn what_fits_no_query_is_refused() {
    let refused = |body: Value| twins(&search(body), What::Twins).unwrap_err();
    for model in ["", "Room", "dtmi:x;0", "dtmi:x", "dtmi:a'b;1", "dtmi:com:x;1'", "dtmi:a b;1"] {
        assert_eq!(refused(json!({"models": [model]})), Unfit::Model, "{model}");
    }
    for name in ["", "a b", "a'", "a.", ".a", "$dtId", "a..b", "a]]", "1a", "a.b.c.d.e.f.g"] {
        let filter = json!({"property": name, "operator": "equals", "value": 1});
        assert_eq!(refused(json!({"where": [filter]})), Unfit::Property, "{name}");
    }
    for (operator, value) in [
        ("equals", json!(null)),
        ("equals", json!([1])),
        ("equals", json!({"a": 1})),
        ("contains", json!(1)),
        ("in", json!("x")),
        ("in", json!([])),
        ("in", json!(vec![1; 51])),
        ("in", json!([[1]])),
        ("isNull", json!("yes")),
    ] {
        let filter = json!({"property": "name", "operator": operator, "value": value});
        assert!(
            matches!(refused(json!({"where": [filter]})), Unfit::Value(_)),
            "{operator} {value}"
        );
    }
    let related = json!({"twinId": "x", "relationship": "is Fed", "direction": "outgoing"});
    assert_eq!(refused(json!({"related": related})), Unfit::Relationship);
    assert_eq!(refused(json!({"search": "a\nb"})), Unfit::Text);
    let long = "x".repeat(8_000);
    assert_eq!(refused(json!({"search": long})), Unfit::TooLong);
    let many = vec![json!({"property": "a", "operator": "isNull"}); 51];
    assert_eq!(refused(json!({"where": many})), Unfit::TooLong);
}

/// Texts with what means something in a query.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        prop::collection::vec(
            prop::sample::select(vec![
                "'", "\\", "\\'", "''", "\"", " OR ", "T.$dtId", "1=1", ")", "(", "]", "[", "--",
                "*/", " AND ", "=", "IN", ",", "\u{2019}", "ä", "x", "[[", "]]", "NOT ", "é'",
                "%27",
            ]),
            0..12
        )
        .prop_map(|pieces| pieces.concat()),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => texts().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)).prop_filter("a number", Value::is_number),
        1 => any::<bool>().prop_map(Value::from),
    ]
}

proptest! {
    /// The same question with harmless values has the same structure.
    #[test]
    fn no_argument_changes_the_structure(
        sites in prop::collection::vec(texts(), 0..4),
        text in texts(),
        (twin, value) in (texts(), values()),
        (operator, items) in (0_usize..10, prop::collection::vec(values(), 1..5)),
    ) {
        let operators = [
            "equals", "notEquals", "contains", "startsWith", "endsWith", "greaterThan",
            "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "in",
        ];
        let operator = operators[operator];
        let about_text = ["contains", "startsWith", "endsWith"].contains(&operator);
        let (given, harmless) = match operator {
            "in" => (json!(items), json!(vec!["x"; items.len()])),
            _ if about_text => (json!(text), json!("x")),
            _ => (value, json!("x")),
        };
        let asked = |sites: Vec<String>, twin: &str, value: Value| json!({
            "sites": sites,
            "where": [{"property": "name", "operator": operator, "value": value}],
            "related": {"twinId": twin, "relationship": "isFedBy", "direction": "incoming"},
        });
        let plain = asked(vec!["x".to_owned(); sites.len()], "x", harmless);
        let made = twins(&search(asked(sites, &twin, given)), What::Twins);
        let plain = twins(&search(plain), What::Twins).unwrap();
        match made {
            Ok(made) => {
                prop_assert_eq!(made.len(), plain.len());
                for (made, plain) in made.iter().zip(&plain) {
                    let made = parse(made);
                    prop_assert!(made.is_ok(), "{:?}", made);
                    prop_assert_eq!(made.unwrap().shape(), parse(plain).unwrap().shape());
                }
            }
            // Only control characters don't fit.
            Err(unfit) => prop_assert_eq!(unfit, Unfit::Text),
        }
    }

    /// A text comes back as it was given, and nothing beside it.
    #[test]
    fn a_literal_is_the_text(text in texts()) {
        let Ok(query) = by_id(&[&text], None) else {
            prop_assert!(text.contains(char::is_control));
            return Ok(());
        };
        let parsed = parse(&query).unwrap();
        let Some(crate::demo::twins::Expression::In(_, false, values)) = parsed.condition else {
            return Err(TestCaseError::fail(query));
        };
        prop_assert_eq!(values, [Value::from(text)]);
    }

    /// A search by words asks about names and ids only, whatever the words.
    #[test]
    fn words_stay_words(text in texts()) {
        let Ok(queries) = twins(&search(json!({"search": text, "sites": ["a"]})), What::Count) else {
            return Ok(());
        };
        let parsed = parse(&queries[0]).unwrap();
        prop_assert_eq!(parsed.joins.len(), 0);
        let shape = format!("{:?}", parsed.shape().condition);
        prop_assert!(!shape.contains("Compare") && !shape.contains("Not"), "{}", shape);
        prop_assert!(shape.contains("siteID"), "{}", shape);
    }
}

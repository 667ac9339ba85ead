//! Every operator of the contract, on records small enough to see through.

use super::*;
use crate::demo::workflowcore::SEARCHABLE;

fn records() -> Vec<Value> {
    vec![
        json!({"id": "1", "sequenceNumber": "60M-T-1", "summary": "Tap DRIPS", "description": "",
               "priority": 1, "siteId": "A", "locationIds": ["A", "L1"], "dueDate": null,
               "createdDate": "2026-01-01T00:00:00Z"}),
        json!({"id": "2", "sequenceNumber": "60M-T-2", "summary": "Lamp", "description": "drips oil",
               "priority": 3, "siteId": "B", "locationIds": ["B", "L1", "L2"],
               "dueDate": "2026-03-01T00:00:00Z", "createdDate": "2026-02-01T00:00:00Z"}),
        json!({"id": "3", "sequenceNumber": "12H-T-3", "summary": "Door", "description": "",
               "priority": 10, "siteId": null, "locationIds": [],
               "dueDate": "2026-03-01T12:00:00+13:00", "createdDate": "2026-03-01T00:00:00Z"}),
    ]
}

fn ids(body: &Value) -> Vec<String> {
    let found =
        Search::read(body.to_string().as_bytes(), &SEARCHABLE).unwrap().run(records().iter());
    found["items"].as_array().unwrap().iter().map(|one| text(one, "id").to_owned()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the calls below read better")]
fn matching(field: &str, operator: &str, value: Value) -> String {
    let filter = json!({"field": field, "operator": operator, "value": value});
    ids(&json!({"filterSpecifications": [filter], "sortSpecifications": [{"field": "id"}]}))
        .concat()
}

#[test]
fn every_operator_does_what_its_name_says() {
    assert_eq!(matching("siteId", "equals", json!("A")), "1");
    assert_eq!(matching("siteId", "notEquals", json!("A")), "23");
    assert_eq!(matching("siteId", "in", json!(["A", "B"])), "12");
    assert_eq!(matching("siteId", "in", json!([])), "");
    assert_eq!(matching("locationIds", "equals", json!("L1")), "12");
    assert_eq!(matching("locationIds", "in", json!(["L2", "L9"])), "2");
    assert_eq!(matching("locationIds", "notEquals", json!("L2")), "13");
    assert_eq!(matching("summary", "contains", json!("drip")), "1");
    assert_eq!(matching("sequenceNumber", "startsWith", json!("60m")), "12");
    assert_eq!(matching("priority", "greaterThan", json!(3)), "3");
    assert_eq!(matching("priority", "greaterThanOrEqual", json!(3)), "23");
    assert_eq!(matching("priority", "lessThan", json!(3)), "1");
    assert_eq!(matching("priority", "lessThanOrEqual", json!(3)), "12");
    assert_eq!(matching("priority", "between", json!([2, 10])), "23");
    assert_eq!(matching("dueDate", "isNull", json!(true)), "1");
    assert_eq!(matching("siteId", "isNull", json!(false)), "12");
    // 12:00 in +13:00 is before midnight UTC: moments are compared, not letters.
    assert_eq!(matching("dueDate", "lessThan", json!("2026-03-01T00:00:00Z")), "3");
    assert_eq!(matching("q", "contains", json!("DRIPS")), "12");
    assert_eq!(matching("q", "contains", json!("t-3")), "3");
}

#[test]
fn pages_count_what_lies_on_either_side() {
    let body = json!({"page": 2, "pageSize": 1});
    let page =
        Search::read(body.to_string().as_bytes(), &SEARCHABLE).unwrap().run(records().iter());
    assert_eq!(
        (&page["before"], &page["after"], &page["total"]),
        (&json!(1), &json!(1), &json!(3))
    );
    assert_eq!(page["items"][0]["id"], "2");
    assert_eq!(ids(&json!({"page": 9})), Vec::<String>::new());
    assert_eq!(
        ids(&json!({"sortSpecifications": [{"field": "priority", "sort": "desc"}]})).concat(),
        "321"
    );
}

#[test]
fn what_cannot_be_searched_for_is_refused() {
    let refused = |body: Value| Search::read(body.to_string().as_bytes(), &SEARCHABLE).is_err();
    let filter = |field: &str, operator: &str, value: Value| json!({"filterSpecifications": [{"field": field, "operator": operator, "value": value}]});
    assert!(refused(filter("password", "equals", json!(1))));
    assert!(refused(filter("siteId", "in", json!("A"))));
    assert!(refused(filter("siteId", "like", json!("A"))));
    assert!(refused(filter("priority", "between", json!([1]))));
    assert!(refused(json!({"page": 0})));
    assert!(refused(json!({"pageSize": 1001})));
    assert!(refused(json!({"limit": 1})));
}

//! Values for parameters: what fits is bound as text, what doesn't is told in words.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Parameter;

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn bind(definition: Value, given: Value) -> Result<String, String> {
    let parameter: Parameter = serde_json::from_value(definition).unwrap();
    let given = Some(given).filter(|given| !given.is_null());
    parameter.bind(given.as_ref(), now())
}

#[test]
fn what_fits_is_bound_as_text() {
    for (definition, given, bound) in [
        (json!({"name": "a", "type": "string"}), json!("x' OR '1'='1"), "x' OR '1'='1"),
        (json!({"name": "a", "type": "integer", "min": 1, "max": 9}), json!(9), "9"),
        (json!({"name": "a", "type": "number"}), json!(2.5), "2.5"),
        (json!({"name": "a", "type": "boolean"}), json!(true), "true"),
        (json!({"name": "a", "type": "date"}), json!("2026-02-28"), "2026-02-28"),
        (json!({"name": "a", "type": "date", "default": "today-30"}), json!(null), "2026-01-30"),
        (json!({"name": "a", "type": "date", "default": "today"}), json!(null), "2026-03-01"),
        (
            json!({"name": "a", "type": "time"}),
            json!("2026-02-28T10:00:00+02:00"),
            "2026-02-28T08:00:00Z",
        ),
        (json!({"name": "a", "type": "string", "enum": ["x", "y"]}), json!("y"), "y"),
        (json!({"name": "a", "type": "integer", "default": 5}), json!(null), "5"),
    ] {
        assert_eq!(bind(definition.clone(), given), Ok(bound.to_owned()), "{definition}");
    }
}

#[test]
fn what_does_not_fit_is_told() {
    for (definition, given, says) in [
        (json!({"name": "a", "type": "string", "required": true}), json!(null), "is required"),
        (json!({"name": "a", "type": "string", "max_length": 2}), json!("abc"), "has at most 2"),
        (json!({"name": "a", "type": "string"}), json!(1), "must be a text"),
        (json!({"name": "a", "type": "integer"}), json!("1 OR 1=1"), "must be a whole number"),
        (json!({"name": "a", "type": "integer", "max": 9}), json!(10), "must be at most 9"),
        (
            json!({"name": "a", "type": "integer", "min": 1, "max": 9}),
            json!(0),
            "must be from 1 to 9",
        ),
        (json!({"name": "a", "type": "number", "min": 1}), json!(0.5), "must be at least 1"),
        (json!({"name": "a", "type": "number"}), json!("1"), "must be a number"),
        (json!({"name": "a", "type": "boolean"}), json!("true"), "must be true or false"),
        (json!({"name": "a", "type": "date"}), json!("2026-2-3"), "must be a day"),
        (json!({"name": "a", "type": "date"}), json!("today"), "must be a day"),
        (json!({"name": "a", "type": "date"}), json!("2026-02-28' OR 1=1"), "must be a day"),
        (json!({"name": "a", "type": "time"}), json!("yesterday"), "must be a time"),
        (
            json!({"name": "a", "type": "string", "enum": ["x", "y"]}),
            json!("z"),
            "must be one of x, y",
        ),
    ] {
        let said = bind(definition.clone(), given).unwrap_err();
        assert!(said.starts_with(says), "{definition}: {said}");
    }
}

//! What is one object, and what only looks like one.

use serde_json::{Map, Value};

use super::read_object;

fn reads(text: &str) -> bool {
    read_object::<Map<String, Value>>(text.as_bytes()).is_some()
}

#[test]
fn members_stand_once_at_every_depth() {
    assert!(reads(r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}],"A":null}"#));
    for doubled in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"a":1,"a":2}}"#,
        r#"{"x":[[{"a":1,"b":0,"a":2}]]}"#,
    ] {
        assert!(!reads(doubled), "{doubled}");
    }
}

#[test]
fn only_one_object_is_read() {
    for other in ["", "null", "[]", "[1]", "\"a\"", "{} {}", "{", "{}x", "\u{feff}{}", "{\"a\":}"] {
        assert!(!reads(other), "{other}");
    }
    assert!(read_object::<Map<String, Value>>(b"{\"a\":\"\xff\"}").is_none());
    assert!(!reads(&format!("{{\"a\":{}{}}}", "[".repeat(3000), "]".repeat(3000))));
}

//! Cursors: only one that was given out goes on, and it is given out for one list of one person.
//!
//! `r` and a text is a cursor as it is; anything else is edits of a genuine one.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::edits::edited;
use super::world::WORLD;

const TOOL: &str = "list_tickets";
const REFUSED: &str = "The cursor isn't valid here any more";

static GENUINE: LazyLock<String> = LazyLock::new(|| {
    let page = WORLD.call(TOOL, &json!({"pageSize": 1}));
    let cursor = page["result"]["structuredContent"]["nextCursor"].as_str();
    let cursor = cursor.unwrap_or_else(|| panic!("no cursor: {page}")).to_owned();
    let next = WORLD.call(TOOL, &json!({"pageSize": 1, "cursor": cursor}));
    assert!(next["result"]["structuredContent"]["items"].is_array(), "{next}");
    // A list of another length, or of something else, is another list.
    refused(&WORLD.call(TOOL, &json!({"pageSize": 2, "cursor": cursor})), &cursor);
    refused(&WORLD.call("list_insights", &json!({"pageSize": 1, "cursor": cursor})), &cursor);
    cursor
});

fn refused(answer: &Value, cursor: &str) {
    let said = answer.to_string();
    // One that is too long is against the schema.
    let error = &answer["error"]["code"];
    assert!(said.contains(REFUSED) || *error == -32602, "{cursor:?} is taken: {said}");
}

pub(crate) fn run(bytes: &[u8]) {
    let text = match bytes.strip_prefix(b"r") {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => edited(&GENUINE, bytes),
    };
    if text == *GENUINE {
        return;
    }
    refused(&WORLD.call(TOOL, &json!({"pageSize": 1, "cursor": text})), &text);
}

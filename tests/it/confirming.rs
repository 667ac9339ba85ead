//! A write happens once, after a person's yes to exactly this write, and never otherwise.

mod answers;
mod changes;
mod ends;
mod gate;
mod once;
mod question;
mod records;
mod states;

use osier::demo::SITE_60M;
use serde_json::{Value, json};

use crate::harness::{Client, TestApp};

/// The arguments of a ticket that ben may create.
fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "In the hall.", "priority": 4})
}

/// How many tickets there are at the site where ben creates them.
fn tickets(app: &TestApp) -> usize {
    app.around.services().tickets_of(SITE_60M).len()
}

/// A ticket at ben's site.
fn a_ticket(app: &TestApp) -> Value {
    app.around.services().tickets_of(SITE_60M)[0].clone()
}

/// Makes the first call of a write; gives the state of its question.
async fn asked(client: &Client, tool: &str, arguments: &Value) -> String {
    let reply = client.call(tool, arguments.clone()).await;
    reply.state().unwrap_or_else(|| panic!("no question in {reply:?}")).to_owned()
}

/// The permissions of the demo without what ben may write.
fn without_bens_writes() -> String {
    let left: Vec<&str> = osier::demo::ASSIGNMENTS
        .lines()
        .filter(|line| !line.contains("role: ticket-worker"))
        .collect();
    left.join("\n")
}

/// Answers that aren't yes change nothing, so nothing may have been sent.
fn nothing_was_written(app: &TestApp) {
    let writes = app.around.services().wire().writes();
    assert!(writes.is_empty(), "{writes:?}");
}

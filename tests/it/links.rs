//! A question that is answered by link, up to the page itself: what the client is told, what the
//! person may see and say, and what becomes of the call that is made again.

mod answers;
mod changes;
mod kept;
mod replicas;
mod told;

use futures::future::join_all;
use osier::confirm::{LinkAnswer, Person};
use osier::demo::{self, SITE_60M, TENANT_ID};
use serde_json::{Value, json};

use crate::harness::{Client, Reply, TestApp, Version};

/// The arguments of a ticket that ben may create.
fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "In the hall.", "priority": 4})
}

fn a_ticket(app: &TestApp) -> Value {
    app.around.services().tickets_of(SITE_60M)[0].clone()
}

/// How many writes the services saw.
fn writes(app: &TestApp) -> usize {
    app.around.services().wire().writes().len()
}

/// A client that can't show a question.
async fn mute(app: &TestApp, name: &str, version: Version) -> Client {
    Client::connect_with(&app.http, &app.url, app.token(name), version, json!({})).await
}

/// Somebody, signed in at the page.
fn person(name: &str) -> Person {
    let oid = demo::person(name).unwrap().oid;
    Person { tenant: TENANT_ID.to_owned(), subject: oid.to_owned() }
}

/// The id of the link that a reply holds.
fn link(reply: &Reply) -> String {
    let text = reply.text();
    assert!(
        reply.result()["isError"] == true && text.starts_with("This needs your yes."),
        "{text}"
    );
    let (_, link) = text.split_once("/confirm/").unwrap();
    let (id, _) = link.split_once(',').unwrap();
    assert_eq!(id.len(), 26, "{text}");
    id.to_owned()
}

/// Says yes or no as this person.
async fn say(app: &TestApp, id: &str, name: &str, yes: bool) -> LinkAnswer {
    app.pipeline.confirmations.answer_link(id, &person(name), yes).await.unwrap()
}

/// The same call, often and all at once, in turn from each of these clients.
async fn all_at_once(clients: &[Client], tool: &str, arguments: &Value) -> Vec<Reply> {
    let calls = (0..50).map(|at| clients[at % clients.len()].call(tool, arguments.clone()));
    join_all(calls).await
}

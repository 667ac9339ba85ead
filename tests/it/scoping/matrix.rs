//! The matrix that the checks run in, and the words by which they judge.

use std::collections::BTreeSet;

use osier::demo::{PEOPLE, Person, canary};
use serde_json::Value;

use crate::harness::{Client, Reply, TestApp, Version};

/// One cell of the matrix.
pub struct Cell<'a> {
    /// The server; it is shared by all cells of a test.
    pub app: &'a TestApp,
    /// The protocol version to speak.
    pub version: Version,
    /// Do the services fence by themselves?
    pub strict: bool,
}

impl Cell<'_> {
    /// A client of this cell's version for one of the demo's people.
    pub async fn client(&self, name: &str) -> Client {
        self.app.speaking(name, self.version).await
    }

    /// The same for a person of the test's own.
    pub async fn client_of(&self, person: &Person) -> Client {
        self.app.speaking_as(person, self.version).await
    }

    /// What to say of a check that failed.
    pub fn name(&self) -> String {
        let services = if self.strict { "strict" } else { "lax" };
        format!("{} with {services} services", self.version.name())
    }
}

/// Runs a check in every cell.
pub async fn everywhere(app: &TestApp, check: impl AsyncFn(Cell<'_>)) {
    for strict in [true, false] {
        app.around.services().set_strict(strict);
        for version in Version::ALL {
            check(Cell { app, version, strict }).await;
        }
    }
}

/// The ids of records, each once.
pub fn ids(records: &[Value]) -> BTreeSet<String> {
    let ids: BTreeSet<String> = records.iter().map(|one| text(one, "id").to_owned()).collect();
    assert_eq!(ids.len(), records.len(), "a record came twice");
    ids
}

/// A field's text; empty where there is none.
pub fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// Asserts that nothing of a site's records stands anywhere in a reply.
pub fn nothing_of(site: &str, reply: &Reply, what: &str) {
    let word = canary(site).unwrap();
    let whole = format!("{reply:?}");
    assert!(!whole.contains(word), "{what} tells of {word}: {whole}");
}

/// Asserts that two calls were answered alike in every byte, their ids and decisions apart.
pub fn alike(one: &Reply, other: &Reply, what: &str) {
    assert_eq!(one.bare(), other.bare(), "{what}");
}

/// A person whom none of the demo's services knows.
pub fn stranger(name: &'static str, oid: &'static str) -> Person {
    let scope = PEOPLE[0].scope;
    Person {
        name,
        full_name: name,
        oid,
        email: "x@willow-demo.example",
        scope,
        roles: &[],
        may: "",
    }
}

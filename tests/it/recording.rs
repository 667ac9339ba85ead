//! The audit record of the real program: chained, verified, kept going through crashes and rotation;
//! and what is served while nothing can be recorded.

mod chain;
mod failing;
mod places;
mod quiet;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use osier::demo::{BEN, Options, SITE_60M, Surroundings};
use osier::outbound::{self, Limits, Reach};
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Process, Reply, Version, osier};

fn http() -> reqwest::Client {
    outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap()
}

async fn around() -> Surroundings {
    Surroundings::start_anywhere(Options::default()).await.unwrap()
}

/// Settings of a server that records in this file.
fn into_file(path: &Path) -> BTreeMap<String, String> {
    settings(&[("SINK", "file"), ("FILE", path.to_str().unwrap())])
}

fn settings(audit: &[(&str, &str)]) -> BTreeMap<String, String> {
    audit
        .iter()
        .map(|(name, value)| (format!("OSIER_AUDIT__{name}"), (*value).to_owned()))
        .collect()
}

/// Ben's client, at a server that is ready.
async fn ben(around: &Surroundings, server: &Process) -> Client {
    let token = around.entra().token(&BEN);
    Client::connect(&http(), &server.url, token, Version::V2026_07_28).await
}

async fn write(client: &Client) -> Reply {
    let ticket =
        json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4});
    client.call_answering("create_ticket", ticket, Answered::Yes).await
}

async fn read(client: &Client) -> Reply {
    client.call("list_sites", json!({})).await
}

/// Refused, since it can't be recorded.
fn unrecorded(reply: &Reply) -> bool {
    reply.is_error() && reply.text().starts_with("This can't be recorded")
}

async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn records(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

fn of_file(path: &Path) -> Vec<Value> {
    records(&std::fs::read_to_string(path).unwrap())
}

/// `osier audit verify`
fn verify(arguments: &[&str]) -> Output {
    let arguments = [&["audit", "verify"], arguments].concat();
    osier(&arguments, &BTreeMap::new()).output().unwrap()
}

/// Holds that the files, oldest first, are as they were written.
fn sound(files: &[PathBuf]) -> String {
    let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let ended = verify(&files);
    let told = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{told}");
    told
}

/// Holds that each write that the services saw has its intent on record, and its end.
fn every_write_is_recorded(around: &Surroundings, records: &[Value]) {
    let writes = around.services().wire().writes().len();
    let intents = records.iter().filter(|one| one["kind"] == "intent");
    let done: Vec<_> = intents
        .filter(|intent| {
            records.iter().any(|one| {
                one["kind"] == "call" && one["id"] == intent["id"] && one["status"] == "ok"
            })
        })
        .collect();
    assert_eq!(done.len(), writes);
}

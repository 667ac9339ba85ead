//! R13: the disk is full, the file is read-only, the disk fails, nobody reads the pipe. No write goes
//! out unrecorded, reads go as they are set, and it recovers without a restart.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use osier::demo::Surroundings;
use serde_json::Value;

use super::places::{Disk, bound, without_writes};
use super::{
    around, ben, eventually, every_write_is_recorded, http, into_file, of_file, read, records,
    settings, sound, unrecorded, write,
};
use crate::harness::{Client, Process};

const SERVES: (&str, &str) = ("OSIER_AUDIT__READS_WITHOUT_AUDIT", "serve");

fn with(mut settings: BTreeMap<String, String>, serves: bool) -> BTreeMap<String, String> {
    settings.insert("OSIER_AUDIT__MAX_WAIT_MS".to_owned(), "500".to_owned());
    if serves {
        settings.insert(SERVES.0.to_owned(), SERVES.1.to_owned());
    }
    settings
}

async fn is_ready(server: &Process) -> bool {
    http().get(format!("{}/readyz", server.url)).send().await.unwrap().status() == 200
}

/// What is so while nothing can be recorded.
async fn held_up(around: &Surroundings, server: &Process, client: &Client, serves: bool) {
    // Until the failure is met, calls are carried out and recorded.
    eventually("writes are refused", async || unrecorded(&write(client).await)).await;
    let writes = around.services().wire().writes().len();
    for _ in 0..5 {
        assert!(unrecorded(&write(client).await));
        let read = read(client).await;
        assert_eq!(unrecorded(&read), !serves, "{read:?}");
    }
    assert_eq!(around.services().wire().writes().len(), writes, "a write went out");
    assert_eq!(is_ready(server).await, serves);
    assert!(server.err().contains("audit records can't be written"), "{}", server.err());
}

/// Waits until a write is carried out again.
async fn recovered(server: &Process, client: &Client) {
    eventually("writes go again", async || !write(client).await.is_error()).await;
    assert!(is_ready(server).await && !read(client).await.is_error());
    assert!(server.err().contains("audit records are written again"), "{}", server.err());
}

/// What isn't on record is told there.
fn refusals_are_told(records: &[Value], serves: bool) {
    let lost: Vec<_> = records.iter().filter(|one| one["kind"] == "lost").collect();
    let refused: u64 = lost.iter().map(|one| one["refused"].as_u64().unwrap()).sum();
    assert_eq!(refused >= 5, !serves, "{lost:?}");
    assert!(lost.iter().all(|one| one["records"] == 0), "{lost:?}");
}

async fn end(server: &mut Process) {
    server.signal("TERM");
    let (status, _) = server.end().await;
    assert_eq!(status.code(), Some(0), "{}", server.err());
}

#[tokio::test]
async fn r13_on_a_full_disk_no_write_goes_out_and_it_recovers_by_itself() {
    for serves in [false, true] {
        let (around, disk) = (around().await, Disk::mounted());
        let folder = tempfile::tempdir().unwrap();
        let path =
            disk.as_ref().map_or(folder.path().join("audit.jsonl"), |disk| disk.path("audit"));
        let mut server = Process::serve(&around, &with(into_file(&path), serves));
        server.ready(&http()).await;
        let client = ben(&around, &server).await;
        assert!(!write(&client).await.is_error());
        if let Some(disk) = &disk {
            println!("a full disk of its own");
            disk.fill();
        } else {
            println!("no disk may be mounted here: a bound on the file's size instead");
            bound(server.id(), Some(fs::metadata(&path).unwrap().len() + 1_000));
        }
        held_up(&around, &server, &client, serves).await;
        match &disk {
            Some(disk) => disk.empty(),
            None => bound(server.id(), None),
        }
        recovered(&server, &client).await;
        end(&mut server).await;
        let records = of_file(&path);
        every_write_is_recorded(&around, &records);
        refusals_are_told(&records, serves);
        let told = sound(&[path]);
        assert!(told.contains("1 chains"), "{told}");
    }
}

#[tokio::test]
async fn r13_a_file_that_is_read_only_or_fails_stops_writes_until_it_is_mended() {
    let disk = Disk::mounted();
    let mut bad = vec![without_writes().to_owned()];
    if let Some(disk) = &disk {
        fs::write(disk.path("audit"), "").unwrap();
        disk.lock();
        bad.push(disk.path("audit"));
    } else {
        println!("no disk may be mounted here: a read-only one isn't tried");
    }
    for (at, bad) in bad.into_iter().enumerate() {
        let around = around().await;
        let folder = tempfile::tempdir().unwrap();
        let (path, before) = (folder.path().join("audit"), folder.path().join("audit.1"));
        let serves = at == 1;
        let mut server = Process::serve(&around, &with(into_file(&path), serves));
        server.ready(&http()).await;
        let client = ben(&around, &server).await;
        assert!(!write(&client).await.is_error());
        fs::rename(&path, &before).unwrap();
        symlink(&bad, &path).unwrap();
        held_up(&around, &server, &client, serves).await;
        fs::remove_file(&path).unwrap();
        recovered(&server, &client).await;
        end(&mut server).await;
        let all = [of_file(&before), of_file(&path)].concat();
        every_write_is_recorded(&around, &all);
        refusals_are_told(&all, serves);
        sound(&[before, path]);
    }
}

#[tokio::test]
async fn r13_a_pipe_that_nobody_reads_stops_writes_until_somebody_does() {
    for serves in [false, true] {
        let around = around().await;
        let (mut reader, writer) = std::io::pipe().unwrap();
        let settings = with(settings(&[]), serves);
        let mut server = Process::serve_into(&around, &settings, Stdio::from(writer));
        server.ready(&http()).await;
        let client = ben(&around, &server).await;
        assert!(!write(&client).await.is_error());
        held_up(&around, &server, &client, serves).await;
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        });
        recovered(&server, &client).await;
        end(&mut server).await;
        let text = reading.join().unwrap();
        every_write_is_recorded(&around, &records(&text));
        refusals_are_told(&records(&text), serves);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        sound(&[file.path().to_owned()]);
    }
}

#[tokio::test]
async fn r13_a_server_whose_output_is_full_from_the_start_is_there_and_does_nothing() {
    let around = around().await;
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut server = Process::serve_into(&around, &with(settings(&[]), false), full.into());
    let http = http();
    let ready = format!("{}/readyz", server.url);
    eventually("nothing else is missing", async || {
        let Ok(answer) = http.get(&ready).send().await else { return false };
        let body: Value = answer.json().await.unwrap();
        body["missing"].as_object().is_some_and(|missing| missing.keys().eq(["audit"]))
    })
    .await;
    let client = ben(&around, &server).await;
    held_up(&around, &server, &client, false).await;
    assert!(around.services().wire().writes().is_empty());
    server.signal("TERM");
    let (status, took) = server.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(took.as_secs() < 25 && server.err().contains("audit records were lost"), "{took:?}");
}

#[test]
fn r13_a_file_that_cannot_be_opened_ends_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/audit.jsonl");
    let mut all = into_file(&path);
    all.insert("OSIER_KEYS__CURRENT".to_owned(), crate::harness::TestApp::new_key());
    let serve = ["serve", "--config", "config/demo.toml"];
    let ended = crate::harness::osier(&serve, &all).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("none/audit.jsonl (audit.file): No such file"), "{said}");
}

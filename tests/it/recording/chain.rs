//! The chain that the real program writes, from its start to its end, through a crash and a rotation;
//! what is done to it is found by `osier audit verify`, and by the lines of Python in the docs.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{
    around, ben, eventually, http, into_file, of_file, read, records, sound, verify, write,
};
use crate::harness::{Process, osier};

const PAGE: &str = include_str!("../../../docs/AUDIT.md");

/// How the docs' own lines judge these records, and what they say.
fn by_the_docs(records: &[u8]) -> (Option<i32>, String) {
    let lines = PAGE.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let mut python = Command::new("python3");
    let python = python.args(["-c", lines]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = python.spawn().unwrap();
    running.stdin.take().unwrap().write_all(records).unwrap();
    let ended = running.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
}

/// The digest that the docs' one line of shell makes of the last line.
fn by_hand(path: &Path) -> String {
    let line = PAGE.lines().find(|line| line.contains("`tail -n 1 FILE")).unwrap();
    let line = line.split('`').nth(1).unwrap().replace("FILE", path.to_str().unwrap());
    let ended = Command::new("sh").args(["-c", &line]).output().unwrap();
    String::from_utf8(ended.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn case_115_a_chain_goes_through_crash_restart_and_rotation_and_every_deed_is_found() {
    let around = around().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, rotated) = (folder.path().join("audit.jsonl"), folder.path().join("audit.jsonl.1"));
    let settings = into_file(&path);

    // One that is killed, in the middle of a line.
    let mut server = Process::serve(&around, &settings);
    server.ready(&http()).await;
    let client = ben(&around, &server).await;
    assert!(!write(&client).await.is_error());
    eventually("the record", async || of_whole_lines(&path) == 5).await;
    server.kill();
    fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"chain\":\"chn_")
        .unwrap();

    // One that goes on behind it, and is followed to another file.
    let mut server = Process::serve(&around, &settings);
    server.ready(&http()).await;
    let client = ben(&around, &server).await;
    assert!(!read(&client).await.is_error());
    eventually("the record", async || of_whole_lines(&path) >= 8).await;
    fs::rename(&path, &rotated).unwrap();
    assert!(!write(&client).await.is_error());
    server.signal("TERM");
    assert_eq!(server.end().await.0.code(), Some(0));
    assert!(server.out().is_empty(), "{}", server.out());

    let kinds = |path: &Path| -> Vec<_> {
        let text = fs::read_to_string(path).unwrap();
        let whole =
            text.lines().filter(|line| line.ends_with("\"}")).collect::<Vec<_>>().join("\n");
        records(&whole).iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    let first =
        ["start", "configuration", "call", "intent", "call", "start", "configuration", "call"];
    assert_eq!(kinds(&rotated), first);
    assert_eq!(kinds(&path), ["continued", "call", "intent", "call", "end"]);
    let told = sound(&[rotated.clone(), path.clone()]);
    assert!(
        told.contains("behind 14 bytes that a crash tore") && told.contains("13 records, 2 chains"),
        "{told}"
    );

    // The head is told where it can be kept elsewhere: in the log.
    let last = of_file(&path).pop().unwrap();
    let hash = last["hash"].as_str().unwrap();
    assert!(server.err().contains(hash), "{}", server.err());
    assert_eq!(by_hand(&path), hash);
    let names = [rotated.to_str().unwrap(), path.to_str().unwrap()];
    assert_eq!(verify(&[names[0], names[1], "--head", hash]).status.code(), Some(0));
    assert_eq!(verify(&[names[0], "--head", hash]).status.code(), Some(1));

    // Each file's every line but the last, without one, and with one altered.
    let whole = fs::read(&rotated).unwrap();
    let (code, said) = by_the_docs(&whole);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let deeds = (0..lines.len()).flat_map(|at| {
        let mut altered = lines.concat();
        let begin: usize = lines[..at].iter().map(|line| line.len()).sum();
        altered[begin + lines[at].len() / 2] ^= 1;
        let gone = [&lines[..at], &lines[at + 1..]].concat().concat();
        // A cut tail is found by a head alone.
        [(at + 1 < lines.len()).then_some(gone), Some(altered)].into_iter().flatten()
    });
    let bad = folder.path().join("bad");
    for deed in deeds {
        fs::write(&bad, &deed).unwrap();
        let ended = verify(&[bad.to_str().unwrap()]);
        let told = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{told}");
        assert!(told.contains(": fault: "), "{told}");
        let (code, said) = by_the_docs(&deed);
        assert_eq!(code, Some(1), "{said}");
    }
}

fn of_whole_lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().filter(|line| line.ends_with("\"}")).count()
}

#[tokio::test]
async fn case_115_the_configuration_is_on_record_by_its_digests_and_not_its_values() {
    let around = around().await;
    let recorded = async |more: &[(&str, &str)]| {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut server = Process::serve(&around, &more.collect());
        server.ready(&http()).await;
        server.signal("TERM");
        server.end().await;
        let chain = server.chain();
        assert_eq!(chain[1]["kind"], "configuration", "{chain:?}");
        assert_eq!(
            (&chain[1]["cause"], &chain[1]["outcome"]),
            (&json!("start"), &json!("applied"))
        );
        assert_eq!(chain.last().unwrap()["kind"], "end");
        let digest = |name: &str| chain[1][name].as_str().unwrap().to_owned();
        assert_eq!((digest("settings").len(), digest("definitions").len()), (64, 64));
        (digest("settings"), digest("definitions"))
    };
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    let copied = Command::new("cp").args(["-r", "tools"]).arg(&tools).status().unwrap();
    assert!(copied.success());
    let (_, built_in) = recorded(&[]).await;
    let dir = [("OSIER_TOOLS__DIR", tools.to_str().unwrap())];
    let (_, copy) = recorded(&dir).await;
    assert_eq!(built_in, copy, "where the files lie is no part of what they say");
    // The digest is one that `sha256sum` makes.
    let by_hand =
        "find . -name '*.yaml' | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum | sha256sum";
    let ended = Command::new("sh").args(["-c", by_hand]).current_dir(&tools).output().unwrap();
    assert!(String::from_utf8(ended.stdout).unwrap().starts_with(&copy));
    let text = fs::read_to_string(tools.join("sitecore/list_sites.yaml")).unwrap();
    fs::write(tools.join("sitecore/list_sites.yaml"), text + "# changed\n").unwrap();
    assert_ne!(recorded(&dir).await.1, copy);
}

#[tokio::test]
async fn verify_ends_with_64_where_it_is_asked_wrongly_and_reads_streams_and_gzip() {
    for arguments in [&[][..], &["/none"], &["x", "--head", "12"], &["x", "--from-stdin"]] {
        assert_eq!(verify(arguments).status.code(), Some(64), "{arguments:?}");
    }
    let around = around().await;
    let mut server = Process::serve(&around, &std::collections::BTreeMap::new());
    server.ready(&http()).await;
    server.signal("TERM");
    server.end().await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(server.out().as_bytes()).unwrap();
    for bytes in [server.out().into_bytes(), gzip.finish().unwrap()] {
        let mut command =
            osier(&["audit", "verify", "--from-stdin"], &std::collections::BTreeMap::new());
        let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        running.stdin.take().unwrap().write_all(&bytes).unwrap();
        let ended = running.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{told}");
        assert!(told.contains("sound: 3 records, 1 chains"), "{told}");
    }
}

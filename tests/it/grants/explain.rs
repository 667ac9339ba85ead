//! `osier explain` where the source is a service: with the person's own token, by object id alone, and in
//! the demo by name.

use std::collections::BTreeMap;
use std::io::Write as _;

use osier::demo::{ANA, BEN, Options, Surroundings};
use osier::outbound::{self, Limits};

use super::little::{Habits, Little};
use crate::harness::{Process, TestApp, osier};

fn settings(around: &Surroundings, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = [
        ("IDENTITY__DISCOVERY_URL", around.entra().url(osier::demo::Endpoint::Discovery)),
        ("ACCESS__URL", around.services().authz_url()),
        ("KEYS__CURRENT", TestApp::new_key()),
    ];
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    own.into_iter().chain(more).map(|(name, value)| (format!("OSIER_{name}"), value)).collect()
}

/// What it says, on either stream, and how it ends.
async fn explain(arguments: &[&str], settings: &BTreeMap<String, String>) -> (String, Option<i32>) {
    let mut all = vec!["explain", "--tool", "create_ticket"];
    all.extend(arguments);
    let mut command = osier(&all, settings);
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let both = [ended.stdout, ended.stderr].concat();
    (String::from_utf8(both).unwrap(), ended.status.code())
}

#[tokio::test]
async fn the_permission_service_is_asked_with_the_persons_own_token() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let settings = settings(&around, &[]);
    let config = ["--config", "config/demo.toml"];
    let asked = [&["--user", BEN.oid], &config[..]].concat();
    let (said, code) = explain(&asked, &settings).await;
    assert!(said.contains("give one with --token FILE") && code == Some(1), "{said}");

    let token = around.entra().token(&BEN);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(token.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let with_token = [&asked[..], &["--token", path]].concat();
    let (said, code) = explain(&with_token, &settings).await;
    let start = format!("workflowcore/create_ticket for {}: allowed\n", BEN.oid);
    assert!(said.starts_with(&start) && code == Some(0), "{said}");
    assert!(!said.contains(&token) && !said.contains(BEN.email), "{said}");
    // Another person's token says nothing of this one.
    let other = [&["--user", ANA.oid], &config[..], &["--token", path]].concat();
    let (said, code) = explain(&other, &settings).await;
    assert!(said.contains("the token isn't") && code == Some(1), "{said}");

    std::fs::write(path, format!("{token}x")).unwrap();
    let (said, code) = explain(&with_token, &settings).await;
    assert!(said.contains("osier doctor --token FILE says") && code == Some(1), "{said}");
}

#[tokio::test]
async fn a_store_is_asked_by_object_id_alone() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let little = Little::new().await;
    let more = [
        ("ACCESS__ADAPTER", "openfga"),
        ("ACCESS__URL", little.url.as_str()),
        ("ACCESS__OPENFGA__STORE", "store-1"),
        ("ACCESS__TOKEN", "sesame"),
    ];
    let settings = settings(&around, &more);
    let asked = ["--user", BEN.oid, "--config", "config/demo.toml"];
    let (said, code) = explain(&asked, &settings).await;
    assert!(said.contains(": allowed\nasked: OpenFGA (object id") && code == Some(0), "{said}");
    little.behave(Habits { always: Some((503, "secret")), ..Habits::default() });
    let (said, code) = explain(&asked, &settings).await;
    assert!(said.contains("nothing is allowed: status 503") && code == Some(1), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
async fn in_the_demo_people_are_named() {
    let http = outbound::client(&Limits::documents()).unwrap();
    let none = BTreeMap::new();
    let mut demo = Process::demo(&none);
    demo.ready(&http).await;
    let port = demo.url.rsplit(':').next().unwrap().to_owned();
    for (name, says) in [("ben", "allowed"), ("finn", "hidden"), ("erin", "allowed")] {
        let (said, code) = explain(&["--user", name, "--port", &port], &none).await;
        let start = format!("workflowcore/create_ticket for {name}: {says}");
        assert!(said.starts_with(&start) && code == Some(0), "{said}");
    }
    let (said, code) = explain(&["--user", "nobody", "--port", &port], &none).await;
    assert!(said.contains("there is no 'nobody' in the demo") && code == Some(1), "{said}");
}

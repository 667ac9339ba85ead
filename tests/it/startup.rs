//! What `osier serve` refuses to start with, and what it takes from its own process first: cases 127 and
//! 129. The container's own cases are those of `tests/container`.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use osier::demo::{Options, Surroundings};
use osier::outbound::{self, Limits, Reach};

use crate::harness::{Process, TestApp, osier};

/// A configuration that nothing is wrong with.
const SOUND: &str = r#"
[server]
public_url = "https://osier.example.com"
[identity]
tenant_id = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34"
audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
[auth]
credential = "secret"
client_secret = "only-for-tests"
[access]
url = "https://authz.example.com"
audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
"#;

fn keyed() -> BTreeMap<String, String> {
    [("OSIER_KEYS__CURRENT".to_owned(), TestApp::new_key())].into()
}

/// How a command ended with this configuration, and what it said.
fn run(command: &str, text: &str, settings: &BTreeMap<String, String>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("osier.toml");
    fs::write(&file, text).unwrap();
    let ended = osier(&[command, "--config", file.to_str().unwrap()], settings).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn case_127_what_is_unsafe_or_misspelt_is_no_start() {
    let (code, said) = run("check", SOUND, &keyed());
    assert_eq!(code, Some(0), "{said}");
    let cases = [
        // Keys.
        ("", "", ("OSIER_KEYS__CURRENT", ""), "keys.current: is set but empty"),
        ("", "", ("OSIER_KEYS__CURRENT", "c2hvcnQ="), "keys.current: is shorter than 32 bytes"),
        (
            "",
            "",
            ("OSIER_KEYS__CURRENT", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            "keys.current: doesn't look random",
        ),
        // Addresses of others.
        (
            "https://osier.example.com",
            "http://osier.example.com",
            ("", ""),
            "server.public_url: must begin with https://; plain http is for loopback only",
        ),
        (
            "[auth]",
            "discovery_url = \"http://login.example.com/v2.0/.well-known/openid-configuration\"\n[auth]",
            ("", ""),
            "identity.discovery_url: must begin with https://",
        ),
        (
            "[auth]",
            "issuer = \"http://login.example.com/v2.0\"\n[auth]",
            ("", ""),
            "identity.issuer: must begin with https://",
        ),
        ("https://authz", "http://authz", ("", ""), "access.url: is plain http"),
        // Redirects.
        (
            "[access]",
            "[clients]\nredirect_uris = [\"https://*.example.com/cb\"]\n[access]",
            ("", ""),
            "clients.redirect_uris.0: ",
        ),
        (
            "[access]",
            "[clients]\nredirect_uris = [\"https://a.example/*\"]\n[access]",
            ("", ""),
            "clients.redirect_uris.0: ",
        ),
        // What is missing or misspelt.
        (
            "audience = \"5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41\"\n[auth]",
            "[auth]",
            ("", ""),
            "identity.audience: is missing",
        ),
        ("[access]", "[acces]", ("", ""), "acces: is not a known key"),
        ("public_url", "publik_url", ("", ""), "server.publik_url: is not a known key"),
        ("", "", ("OSIER_SERVER__PUBLIK_URL", "x"), "server.publik_url: is not a known key"),
    ];
    for (old, new, (variable, value), words) in cases {
        let text = if old.is_empty() { SOUND.to_owned() } else { SOUND.replacen(old, new, 1) };
        let mut settings = keyed();
        if !variable.is_empty() {
            settings.insert(variable.to_owned(), value.to_owned());
        }
        for command in ["check", "serve"] {
            let (code, said) = run(command, &text, &settings);
            assert_eq!(code, Some(64), "{command}, {words}: {said}");
            assert!(said.contains(words), "{command}, {words}: {said}");
        }
    }
}

fn secret(folder: &Path, mode: u32) -> PathBuf {
    let path = folder.join(format!("key-{mode:o}"));
    fs::write(&path, TestApp::new_key()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn case_127_a_secret_that_everybody_may_read_or_change_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (0o600, None),
        (0o400, None),
        (0o640, None),
        (0o644, Some("everybody may read (mode 0644): chmod o-rwx it")),
        (0o604, Some("everybody may read")),
        (0o602, Some("everybody may change (mode 0602)")),
        (0o666, Some("everybody may change")),
    ];
    for (mode, words) in cases {
        let file = secret(folder.path(), mode);
        // As orchestrators lay them out: behind a link.
        let link = folder.path().join(format!("link-{mode:o}"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let settings = [("OSIER_KEYS__CURRENT_FILE".to_owned(), link.display().to_string())];
        let (code, said) = run("check", SOUND, &settings.into());
        match words {
            None => assert_eq!(code, Some(0), "{mode:o}: {said}"),
            Some(words) => {
                assert_eq!(code, Some(64), "{mode:o}: {said}");
                assert!(said.starts_with("OSIER_KEYS__CURRENT_FILE: keys.current: "), "{said}");
                assert!(said.contains(words), "{said}");
            }
        }
        // The key of a certificate is named by the file, and judged alike.
        let more = format!(
            "credential = \"certificate\"\ncertificate_file = \"/c.pem\"\n\
             certificate_key_file = \"{}\"",
            file.display()
        );
        let text =
            SOUND.replace("credential = \"secret\"\nclient_secret = \"only-for-tests\"", &more);
        let (code, said) = run("check", &text, &keyed());
        assert_eq!(code == Some(64), words.is_some(), "{mode:o}: {said}");
        assert!(words.is_none_or(|words| said.contains(words)), "{said}");
    }
}

#[tokio::test]
async fn case_129_no_core_is_dumped_whatever_the_limits_were() {
    let http = outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let mut server = Process::serve_where_cores_are_dumped(&around, &BTreeMap::new());
    server.ready(&http).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    server.signal("QUIT");
    let (status, _) = server.end().await;
    assert_eq!((status.signal(), status.core_dumped()), (Some(3), false));
}

// The command is awaited by blocking, while the services around answer on other threads.
#[tokio::test(flavor = "multi_thread")]
async fn health_asks_a_server_whether_it_is_ready() {
    let http = outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let mut server = Process::serve(&around, &BTreeMap::new());
    server.ready(&http).await;
    let ask = || osier(&["health", "--url", &server.url], &BTreeMap::new()).output().unwrap();
    let well = ask();
    assert_eq!(well.status.code(), Some(0));
    assert_eq!(String::from_utf8(well.stdout).unwrap(), "{\"status\":\"ready\"}\n");
    server.signal("TERM");
    server.end().await;
    let gone = osier(&["health", "--url", &server.url], &BTreeMap::new()).output().unwrap();
    assert_eq!(gone.status.code(), Some(1));
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(said.starts_with(&format!("nothing answers at {}/readyz", server.url)), "{said}");
}

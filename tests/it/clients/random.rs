//! A property: whatever the address, if the list allows it, it is one of the list. The oracle takes
//! both apart with a URL reader, where the rules compare texts.

use osier::oauth::redirect::RedirectUri;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use url::{Host, Url};

use super::world::settings;

fn default_lines() -> Vec<String> {
    let text = include_str!("../../../config/osier.toml");
    let lines = text.lines().skip_while(|line| !line.starts_with("#redirect_uris"));
    let lines = lines.skip(1).take_while(|line| *line != "#]");
    lines.map(|line| line.trim_matches(['#', '"', ',']).to_owned()).collect()
}

/// Is `asked` the address of this line, piece by piece?
fn is_of(line: &str, asked: &str) -> bool {
    let (rule, asked) =
        (Url::parse(&line.replace("{id}", "ID")).unwrap(), Url::parse(asked).unwrap());
    let loopback = rule.scheme() == "http"
        && match rule.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
    let path = if line.ends_with("{id}") {
        let (start, _) = rule.path().rsplit_once('/').unwrap();
        asked.path().rsplit_once('/').is_some_and(|(before, id)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            before == start && (1..=64).contains(&id.len()) && id.chars().all(plain)
        })
    } else {
        rule.path() == asked.path()
    };
    path && rule.scheme() == asked.scheme()
        && rule.host() == asked.host()
        && (loopback || rule.port() == asked.port())
        && asked.query().is_none()
        && asked.fragment().is_none()
        && asked.username().is_empty()
        && asked.password().is_none()
}

/// An address of the list, changed in up to three places, or anything at all.
fn addresses(lines: Vec<String>) -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "/",
        "//",
        "\\",
        "..",
        "/../",
        "%2f",
        "%2e",
        "@",
        ":",
        ":80",
        ":443",
        "?",
        "#",
        ".",
        "a",
        "A",
        "evil.example",
        "https://",
        "http://",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "-",
        "_",
        "\u{430}",
        " ",
        "\t",
        "\u{200b}",
        "{id}",
        "*",
        "callback",
        "x",
        "%00",
        "1",
        ";",
    ]);
    let change = (any::<prop::sample::Index>(), 0_usize..4, pieces);
    let id = "[A-Za-z0-9_.-]{0,66}";
    let changed = (prop::sample::select(lines), id, prop::collection::vec(change, 0..4)).prop_map(
        |(line, id, changes)| {
            let mut text: Vec<char> = line.replace("{id}", &id).chars().collect();
            for (at, gone, piece) in changes {
                let at = at.index(text.len() + 1);
                let end = (at + gone).min(text.len());
                text.splice(at..end, piece.chars());
            }
            text.into_iter().collect()
        },
    );
    let ported = "(http|https|cursor)://(127\\.0\\.0\\.1|localhost|\\[::1\\]|claude\\.ai|chatgpt\\.com)(:[0-9]{0,6})?(/[a-z_{}./-]{0,20})?";
    prop_oneof![8 => changed, 1 => ported, 1 => "\\PC{0,80}"]
}

#[test]
fn what_the_list_allows_is_in_the_list() {
    let lines = default_lines();
    assert_eq!(lines.len(), 24, "{lines:?}");
    let rules = settings(&[]).redirects;
    let mut runner =
        TestRunner::new(Config { cases: 8000, failure_persistence: None, ..Config::default() });
    let counted = std::cell::Cell::new(0_u32);
    runner
        .run(&addresses(lines.clone()), |text| {
            let Ok(uri) = RedirectUri::parse(&text) else { return Ok(()) };
            prop_assert_eq!(uri.as_str(), &text);
            if rules.allows(&uri) {
                counted.set(counted.get() + 1);
                prop_assert!(lines.iter().any(|line| is_of(line, &text)), "{}", text);
            }
            Ok(())
        })
        .unwrap();
    let allowed = counted.get();
    assert!(allowed > 500, "only {allowed} were allowed: the property says little");
}

#[test]
fn no_text_upsets_the_readers() {
    let mut runner =
        TestRunner::new(Config { cases: 5000, failure_persistence: None, ..Config::default() });
    runner
        .run(&"\\PC{0,300}", |text| {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert!(uri.as_str().is_ascii() && !uri.shown_host().is_empty());
            }
            let _ = osier::config::DocumentId::parse(&text);
            let _ = osier::config::DocumentId::parse(&format!("https://a.example/{text}"));
            Ok(())
        })
        .unwrap();
}

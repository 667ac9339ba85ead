//! What is an address, and what a rule allows. Whole requests are under test in `tests/it/clients`.

use super::*;

fn rules(lines: &[&str]) -> RedirectRules {
    RedirectRules::new(lines.iter().map(|line| RedirectRule::parse(line).unwrap()).collect())
}

fn allows(rules: &RedirectRules, asked: &str) -> bool {
    RedirectUri::parse(asked).is_ok_and(|asked| rules.allows(&asked))
}

#[test]
fn each_fault_has_its_word() {
    use RedirectFault::{
        Fragment, HiddenSeparator, NotPlain, PlainHttp, TooLong, UnsafeScheme, Userinfo,
    };
    let long = format!("https://a.example/{}", "x".repeat(MAX_LENGTH));
    let cases = [
        (long.as_str(), TooLong),
        ("", NotPlain),
        ("callback", NotPlain),
        ("//a.example/cb", NotPlain),
        ("https://a.example/c b", NotPlain),
        ("https://a.example\\cb", NotPlain),
        ("HTTPS://a.example/cb", NotPlain),
        ("https://A.example/cb", NotPlain),
        ("https://a.example:443/cb", NotPlain),
        ("https://a.example:/cb", NotPlain),
        ("https://a.example./cb", NotPlain),
        ("https:/a.example/cb", NotPlain),
        ("https://a.example//cb", NotPlain),
        ("https://a.example/x/../cb", NotPlain),
        ("https://a.example/%2e%2e/cb", NotPlain),
        ("https://b\u{fc}cher.example/cb", NotPlain),
        ("http://127.1/cb", NotPlain),
        ("https://a.example/cb#x", Fragment),
        ("https://ana@a.example/cb", Userinfo),
        ("https://@a.example/cb", Userinfo),
        ("cursor://x@y/cb", Userinfo),
        ("https://a.example/x%2f..%2fcb", HiddenSeparator),
        ("https://a.example/x%5Ccb", HiddenSeparator),
        ("https://a.example/x%252fcb", HiddenSeparator),
        ("https://a.example/x%0d%0acb", HiddenSeparator),
        ("javascript:alert(1)", UnsafeScheme),
        ("javascript://a.example/%0aalert(1)", UnsafeScheme),
        ("data:text/html,x", UnsafeScheme),
        ("file:///etc/passwd", UnsafeScheme),
        ("mailto:ana@a.example", UnsafeScheme),
        ("http://a.example/cb", PlainHttp),
        ("http://127.0.0.2/cb", PlainHttp),
        ("http://localhost.a.example/cb", PlainHttp),
        ("http://169.254.169.254/cb", PlainHttp),
    ];
    for (text, fault) in cases {
        assert_eq!(RedirectUri::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn people_are_told_where_they_are_sent() {
    let cases = [
        ("https://claude.ai/api/mcp/auth_callback", "claude.ai", false),
        ("https://a.example:8443/?x=1", "a.example:8443", false),
        ("http://localhost:3118/callback", "localhost:3118", true),
        ("http://127.0.0.1", "127.0.0.1", true),
        ("http://[::1]:9/cb", "[::1]:9", true),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor", false),
        ("com.example.app:/cb", "com.example.app", false),
    ];
    for (text, shown, loopback) in cases {
        let uri = RedirectUri::parse(text).unwrap();
        assert_eq!((uri.shown_host().as_str(), uri.is_loopback()), (shown, loopback), "{text}");
        assert_eq!(uri.as_str(), text);
    }
}

#[test]
fn case_038_the_port_is_free_on_loopback_and_nowhere_else() {
    let rules = rules(&["http://127.0.0.1/cb", "http://[::1]/cb", "https://a.example/cb"]);
    for asked in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://[::1]:65535/cb"] {
        assert!(allows(&rules, asked), "{asked}");
    }
    for asked in [
        "https://a.example:8443/cb",
        "https://127.0.0.1/cb",
        "http://127.0.0.1:1/cb/",
        "http://127.0.0.1:1/CB",
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1",
        "http://[::2]:1/cb",
    ] {
        assert!(!allows(&rules, asked), "{asked}");
    }
}

#[test]
fn case_038_localhost_is_allowed_only_where_it_is_listed() {
    let without = rules(&["http://127.0.0.1/cb"]);
    assert!(!allows(&without, "http://localhost:5/cb"));
    let with = rules(&["http://localhost/cb"]);
    assert!(allows(&with, "http://localhost:5/cb"));
    assert!(!allows(&with, "http://127.0.0.1:5/cb"));
}

#[test]
fn an_address_without_a_path_is_another_than_one_with_a_slash() {
    assert!(!allows(&rules(&["http://127.0.0.1/"]), "http://127.0.0.1:33418"));
    assert!(allows(&rules(&["http://127.0.0.1"]), "http://127.0.0.1:33418"));
}

#[test]
fn the_pattern_is_one_segment_of_plain_characters() {
    let rules = rules(&["https://a.example/cb/{id}", "http://127.0.0.1/cb/{id}"]);
    let long = format!("https://a.example/cb/{}", "x".repeat(65));
    for asked in ["https://a.example/cb/x_Y-9", "http://127.0.0.1:7/cb/x"] {
        assert!(allows(&rules, asked), "{asked}");
    }
    for asked in [
        "https://a.example/cb",
        "https://a.example/cb/",
        "https://a.example/cb/x/y",
        "https://a.example/cb/x?y",
        "https://a.example/cb/x.y",
        "https://a.example/cb/%78",
        "https://a.example:8443/cb/x",
        "https://a.example.evil.example/cb/x",
        "http://127.0.0.1:7/other/x",
        "http://localhost:7/cb/x",
        long.as_str(),
    ] {
        assert!(!allows(&rules, asked), "{asked}");
    }
    for line in [
        "https://a.example/{id}/cb",
        "https://a.example/cb{id}",
        "https://{id}/cb",
        "https://a.example/*",
        "https://*.a.example/cb",
        "http://127.0.0.1:*/cb",
        "https://a.example/cb?x=/{id}",
    ] {
        assert!(RedirectRule::parse(line).is_err(), "{line}");
    }
}

#[test]
fn no_rule_allows_nothing() {
    assert!(!allows(&rules(&[]), "https://a.example/cb"));
}

//! The table is whole and says each thing once.

use std::collections::BTreeSet;

use super::*;

#[test]
fn each_code_stands_once_and_is_told_in_a_sentence() {
    let mut seen = BTreeSet::new();
    for Meaning { code, what, how, .. } in all() {
        assert!(seen.insert(code), "AADSTS{code} stands twice");
        assert!(what.ends_with('.') && what.len() < 120, "AADSTS{code}: {what}");
        assert!(how.len() > 8 && !how.ends_with('.'), "AADSTS{code}: {how}");
        assert!(!what.contains("  ") && !how.contains("  "), "AADSTS{code}");
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

/// The codes that the design's facts about Entra name.
#[test]
fn the_codes_that_a_sign_in_meets_are_there() {
    let named = [
        50011, 50013, 500_131, 50076, 50079, 50105, 501_481, 50173, 53003, 54005, 65001, 650_053,
        700_016, 7_000_215, 7_000_222, 700_082, 90015, 901_002, 9_010_010,
    ];
    for code in named {
        assert!(meaning(code).is_some(), "AADSTS{code}");
    }
    assert_eq!(meaning(1), None);
    let treat = |code| meaning(code).unwrap().treat;
    assert_eq!([treat(65001), treat(54005), treat(50105)], [Treat::Grant; 3]);
    assert_eq!([treat(7_000_222), treat(50011)], [Treat::Misconfigured; 2]);
    assert_eq!(treat(90033), Treat::Unavailable);
}

#[test]
fn the_most_telling_code_is_read() {
    let one = "AADSTS50105: Your administrator has configured the application Osier …";
    assert_eq!(parse(one), Some(50105));
    let two = "AADSTS70002: Error validating credentials. AADSTS54005: OAuth2 Authorization code …";
    assert_eq!(parse(two), Some(54005));
    assert_eq!(parse("AADSTS70002: Error validating credentials."), Some(70002));
    assert_eq!(most_telling([70002, 54005]), Some(54005));
    for none in ["", "AADSTS", "AADSTSx", "AADB2C90118: forgot", "AADSTS99999999999999999999: x"] {
        assert_eq!(parse(none), None, "{none}");
    }
}

//! Parts of texts: where they end, and what is hidden in them.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::catalog::CONTEXT;

/// What a service would give of a whole for a part.
fn streamed(whole: &[u8], offset: usize, length: usize, unit: Unit) -> Streamed {
    let start = offset.saturating_sub(CONTEXT).min(whole.len());
    let asked = if unit == Unit::Chars { 4 * length } else { length };
    let end = (offset + asked + CONTEXT).min(whole.len()).max(start);
    Streamed {
        bytes: Bytes::copy_from_slice(&whole[start..end]),
        start: offset.saturating_sub(CONTEXT) as u64,
        offset: offset as u64,
        length,
        ended: end == whole.len(),
        size: Some(whole.len() as u64),
        content_type: Some("text/plain".to_owned()),
    }
}

/// Reads a whole text part by part.
fn walk(whole: &[u8], length: usize, unit: Unit, room: usize) -> String {
    let (mut text, mut offset) = (String::new(), 0);
    for _ in 0..=whole.len() {
        let part = item(&streamed(whole, offset, length, unit), unit, room);
        let shown = part["text"].as_str().unwrap();
        let written = serde_json::to_string(shown).unwrap();
        assert!(written.chars().count() - 2 <= room);
        if unit == Unit::Chars {
            assert!(shown.chars().count() <= length + secrets::MARKER.len());
        }
        text.push_str(shown);
        assert_eq!(part["truncated"], part.contains_key("nextOffset"));
        match part.get("nextOffset") {
            None => return text,
            Some(next) => {
                let next = usize::try_from(next.as_u64().unwrap()).unwrap();
                assert!(next > offset, "{next} after {offset}");
                offset = next;
            }
        }
    }
    panic!("it doesn't end");
}

proptest! {
    #[test]
    fn parts_add_up_to_the_whole(
        words in proptest::collection::vec("[a-z°éü漢🙂\"\n\\\\]{1,9} ", 0..60),
        length in 4_usize..40,
        chars in any::<bool>(),
    ) {
        let whole = words.concat();
        let unit = if chars { Unit::Chars } else { Unit::Bytes };
        prop_assert_eq!(walk(whole.as_bytes(), length, unit, 1_000), whole.clone());
        prop_assert_eq!(walk(whole.as_bytes(), 1_000, unit, 60), whole);
    }

    /// Wherever a part begins, and however short it is, nothing of a secret is in it.
    #[test]
    fn no_part_shows_a_piece_of_a_secret(
        before in 0_usize..9_000,
        after in 0_usize..9_000,
        offset in 0_usize..9_200,
        length in 4_usize..200,
    ) {
        let secret = format!("https://files.example/x?sig={}", "Zq7".repeat(60));
        let whole = format!("{} {secret} {}", "ab ".repeat(before / 3), "cd ".repeat(after / 3));
        for unit in [Unit::Chars, Unit::Bytes] {
            let part = item(&streamed(whole.as_bytes(), offset, length, unit), unit, 1_000);
            let shown = part["text"].as_str().unwrap();
            prop_assert!(!shown.contains("Zq") && !shown.contains("q7"), "{}", shown);
        }
    }
}

#[test]
fn a_secret_is_marked_once_and_the_rest_adds_up() {
    let link = format!("https://files.example/x?sig={}", "Ab1".repeat(100));
    let whole = format!("{}({link}){}", "before ".repeat(900), " after".repeat(900));
    let expected = whole.replace(&link, secrets::MARKER);
    for (length, unit) in [(7, Unit::Chars), (1_000, Unit::Bytes), (333, Unit::Chars)] {
        assert_eq!(walk(whole.as_bytes(), length, unit, 2_000), expected);
    }
}

#[test]
fn what_is_no_text_is_marked_and_a_cut_character_waits() {
    let whole = b"ab\xff\xfecd\xe6\xbc";
    assert_eq!(walk(whole, 100, Unit::Chars, 100), "ab\u{fffd}\u{fffd}cd\u{fffd}");
    let whole = "x漢".as_bytes();
    let mut cut = streamed(whole, 0, 100, Unit::Chars);
    (cut.bytes, cut.ended) = (cut.bytes.slice(0..3), false);
    let part = item(&cut, Unit::Chars, 100);
    assert_eq!((part["text"].as_str(), part["nextOffset"].as_u64()), (Some("x"), Some(1)));
    // In the middle of a character: the next one is where it begins.
    let part = item(&streamed(whole, 2, 100, Unit::Chars), Unit::Chars, 100);
    assert_eq!((part["text"].as_str(), part["offset"].as_u64()), (Some(""), Some(2)));
    // Behind the end.
    let part = item(&streamed(whole, 9, 100, Unit::Chars), Unit::Chars, 100);
    assert!(part["text"] == "" && !part.contains_key("nextOffset"));
}

#[test]
fn what_has_no_end_in_sight_is_hidden_where_its_beginning_is_not_seen() {
    let whole = "x".repeat(20_000);
    let part = item(&streamed(whole.as_bytes(), 10_000, 100, Unit::Chars), Unit::Chars, 1_000);
    assert_eq!(part["text"], secrets::MARKER);
    assert!(part["nextOffset"].as_u64().unwrap() > 10_000);
}

//! Sealed values: only what was sealed opens, for its own purpose.
//!
//! `r` and a text is opened as it is, for each purpose. Otherwise the first byte says what a value is
//! sealed for, the second what it is opened for, and the rest is edits.

use std::sync::LazyLock;

use osier::seal::{KeyRing, Purpose};
use serde_json::{Value, json};

use super::edits::edited;

const PURPOSES: [Purpose; 11] = [
    Purpose::RequestState,
    Purpose::Cursor,
    Purpose::Session,
    Purpose::Client,
    Purpose::Consent,
    Purpose::Approvals,
    Purpose::SignIn,
    Purpose::Code,
    Purpose::Refresh,
    Purpose::Link,
    Purpose::LinkPerson,
];

/// What seals, what it replaced, and what opens with both.
static KEYS: LazyLock<(KeyRing, KeyRing)> = LazyLock::new(|| {
    let (old, new) = ([1_u8; 32], [2_u8; 32]);
    (KeyRing::new(&old, None).unwrap(), KeyRing::new(&new, Some(&old)).unwrap())
});

pub(crate) fn run(bytes: &[u8]) {
    let (before, now) = &*KEYS;
    if let Some(text) = bytes.strip_prefix(b"r") {
        let text = String::from_utf8_lossy(text);
        for purpose in PURPOSES {
            assert!(now.open::<Value>(purpose, &text).is_err(), "{purpose:?} opens {text}");
        }
        return;
    }
    let [sealed_for, opened_for, edits @ ..] = bytes else { return };
    let purpose = PURPOSES[usize::from(*sealed_for) % PURPOSES.len()];
    let other = PURPOSES[usize::from(*opened_for) % PURPOSES.len()];
    let value = json!({"who": "ana", "what": [1, 2.5, null, "x".repeat(edits.len() % 50)]});
    let ring = if sealed_for & 0x80 == 0 { now } else { before };
    let genuine = ring.seal(purpose, &value).unwrap();
    let text = edited(&genuine, edits);
    let opened = now.open::<Value>(other, &text);
    if text == genuine && purpose == other {
        assert_eq!(opened, Ok(value));
    } else {
        assert!(opened.is_err(), "sealed for {purpose:?}, opened for {other:?}: {genuine} {text}");
    }
}

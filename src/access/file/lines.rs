//! Where in the file each item stands, so that a fault can be told with its line.
//! A second reading of the same text, for positions alone; it decides nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

/// The section that the file's own keys stand in.
pub(super) const FILE: &str = "";

/// The line on which each item starts, by section and by the item's name or index.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<(&'static str, String), u64>);

impl Lines {
    /// Reads the text a second time, for positions alone. A text that can't be read this way has
    /// no lines, and its problems are told without.
    pub(super) fn of(text: &str) -> Self {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Sections {
            roles: BTreeMap<String, Spanned<Value>>,
            users: Vec<Spanned<Value>>,
            assignments: Vec<Spanned<Value>>,
        }
        let keys = serde_saphyr::from_str::<BTreeMap<String, Spanned<Value>>>(text);
        let keys = keys.unwrap_or_default().into_iter();
        let keys = keys.map(|(key, value)| ((FILE, key), value.referenced.line()));
        let Ok(sections) = serde_saphyr::from_str::<Sections>(text) else {
            return Self(keys.collect());
        };
        let roles = sections.roles.iter().map(|(name, role)| ("roles", name.clone(), role));
        let list = |section, items: &'_ [Spanned<Value>]| {
            let lines = items.iter().enumerate();
            lines
                .map(|(index, item)| ((section, index.to_string()), item.referenced.line()))
                .collect::<Vec<_>>()
        };
        Self(
            roles
                .map(|(section, name, role)| ((section, name), role.referenced.line()))
                .chain(keys)
                .chain(list("users", &sections.users))
                .chain(list("assignments", &sections.assignments))
                .collect(),
        )
    }

    pub(super) fn of_item(&self, section: &'static str, item: &str) -> Option<u64> {
        self.0.get(&(section, item.to_owned())).copied().filter(|line| *line > 0)
    }
}

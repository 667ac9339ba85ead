//! The names of permissions: ours, as the definitions write them, and the source's. Every adapter
//! translates through here, so that a name means the same whichever way it comes.

use std::collections::{BTreeMap, BTreeSet};

use super::file::Grants;

/// Which of the source's names stands for which of ours.
#[derive(Clone, Debug, Default)]
pub struct Names {
    prefix: String,
    map: BTreeMap<String, String>,
}

impl Names {
    /// The source's name is the one in the map, else the prefix and ours.
    pub fn new(prefix: String, map: BTreeMap<String, String>) -> Self {
        Self { prefix, map }
    }

    /// The source's name for one of ours.
    pub fn theirs(&self, ours: &str) -> String {
        self.map.get(ours).cloned().unwrap_or_else(|| format!("{}{ours}", self.prefix))
    }

    /// Ours for one of the source's: several where the map says so, none where it means nothing
    /// here.
    pub fn ours(&self, theirs: &str) -> Vec<String> {
        let mapped = self.map.iter().filter(|(_, name)| *name == theirs).map(|(ours, _)| ours);
        let plain = theirs.strip_prefix(&self.prefix).filter(|ours| !ours.is_empty());
        // A name that the map gives another meaning isn't also itself.
        let plain = plain.filter(|ours| !self.map.contains_key(*ours)).map(str::to_owned);
        mapped.cloned().chain(plain).collect()
    }

    /// What is held, by our names.
    pub(super) fn translate(&self, held: Grants) -> Grants {
        if self.prefix.is_empty() && self.map.is_empty() {
            return held;
        }
        let mut ours = Grants::new();
        for (theirs, scopes) in held {
            for name in self.ours(&theirs) {
                let known = ours.entry(name).or_default();
                *known = known.union(&scopes);
            }
        }
        ours
    }

    /// Our names with theirs.
    pub(super) fn pairs<'a>(&self, ours: &'a BTreeSet<String>) -> Vec<(&'a str, String)> {
        ours.iter().map(|name| (name.as_str(), self.theirs(name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scopes;
    use super::*;

    fn names() -> Names {
        let map = [("View", "tickets.view"), ("Count", "tickets.view")];
        Names::new("w.".into(), map.map(|(a, b)| (a.to_owned(), b.to_owned())).into())
    }

    #[test]
    fn the_map_wins_over_the_prefix_both_ways() {
        let names = names();
        assert_eq!(names.theirs("View"), "tickets.view");
        assert_eq!(names.theirs("Edit"), "w.Edit");
        assert_eq!(names.ours("tickets.view"), ["Count", "View"]);
        assert_eq!(names.ours("w.Edit"), ["Edit"]);
        for nothing in ["Edit", "w.View", "w.", "", "View"] {
            assert!(names.ours(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_two_of_their_names_say_of_one_of_ours_adds_up() {
        let map = BTreeMap::from([("View".to_owned(), "a".to_owned())]);
        let names = Names::new(String::new(), map);
        let site = |id: &str| Scopes::from_iter([super::super::Place::Site(id.into())]);
        let held = Grants::from([("a".into(), site("1")), ("View".into(), site("2"))]);
        assert_eq!(names.translate(held), Grants::from([("View".into(), site("1"))]));
        let plain = Names::default();
        let held = Grants::from([("b".into(), site("1"))]);
        assert_eq!(plain.translate(held.clone()), held);
    }
}

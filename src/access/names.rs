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

    /// The source's name for one of ours; none where the map gives that name to another.
    pub fn theirs(&self, ours: &str) -> Option<String> {
        if let Some(theirs) = self.map.get(ours) {
            return Some(theirs.clone());
        }
        let plain = format!("{}{ours}", self.prefix);
        (!self.map.values().any(|taken| *taken == plain)).then_some(plain)
    }

    /// Ours for one of the source's: several where the map says so, none where it means nothing
    /// here.
    pub fn ours(&self, theirs: &str) -> Vec<String> {
        let mapped = self.map.iter().filter(|(_, name)| *name == theirs).map(|(ours, _)| ours);
        let mapped: Vec<String> = mapped.cloned().collect();
        if !mapped.is_empty() {
            return mapped;
        }
        let plain = theirs.strip_prefix(&self.prefix).filter(|ours| !ours.is_empty());
        plain.filter(|ours| !self.map.contains_key(*ours)).map(str::to_owned).into_iter().collect()
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
        ours.iter().filter_map(|name| Some((name.as_str(), self.theirs(name)?))).collect()
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
        assert_eq!(names.theirs("View").unwrap(), "tickets.view");
        assert_eq!(names.theirs("Edit").unwrap(), "w.Edit");
        assert_eq!(names.ours("tickets.view"), ["Count", "View"]);
        assert_eq!(names.ours("w.Edit"), ["Edit"]);
        for nothing in ["Edit", "w.View", "w.", "", "View"] {
            assert!(names.ours(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_name_that_the_map_uses_means_what_the_map_says_alone() {
        let map = BTreeMap::from([("View".to_owned(), "a".to_owned())]);
        let names = Names::new(String::new(), map);
        let site = |id: &str| Scopes::from_iter([super::super::Place::Site(id.into())]);
        let held = Grants::from([("a".into(), site("1")), ("View".into(), site("2"))]);
        assert_eq!(names.translate(held), Grants::from([("View".into(), site("1"))]));
        assert_eq!(names.theirs("a"), None);
        let plain = Names::default();
        let held = Grants::from([("b".into(), site("1"))]);
        assert_eq!(plain.translate(held.clone()), held);
    }
}

//! Where a permission holds: sites, locations below a site, or everywhere, said out loud.
//! Adapters build [`Scopes`]; the scope stage judges rows with it. A location never widens to its site.

use std::collections::{BTreeMap, BTreeSet};

/// One place of a permission's assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everywhere in the tenant. An adapter says this only where its source did.
    Global,
    /// A whole site, by the site's id.
    Site(String),
    /// A location below a site (a level, a zone, a room) and everything beneath it.
    Location {
        /// The location's id, as it stands in a row's path or `locationIds`.
        id: String,
        /// The site that it is part of; used to narrow a question, never to widen an answer.
        site: String,
    },
}

/// The places where one permission holds. The default is nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    global: bool,
    sites: BTreeSet<String>,
    /// location id -> its site's id
    locations: BTreeMap<String, String>,
}

/// What of a scope goes into a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed<'a> {
    /// No sites: it holds everywhere, and none were asked for.
    Everywhere,
    /// These, at least one.
    Sites(Vec<&'a str>),
    /// What is asked for and what is held don't meet: there is nothing to ask.
    Nothing,
}

impl FromIterator<Place> for Scopes {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut scopes = Self::default();
        for place in places {
            scopes.add(place);
        }
        scopes
    }
}

impl Scopes {
    /// Everywhere in the tenant.
    pub fn everywhere() -> Self {
        Self { global: true, ..Self::default() }
    }

    /// Adds one place.
    pub fn add(&mut self, place: Place) {
        match place {
            Place::Global => self.global = true,
            Place::Site(site) => {
                self.sites.insert(site);
            }
            Place::Location { id, site } => {
                self.locations.insert(id, site);
            }
        }
    }

    /// True where the permission holds nowhere.
    pub fn is_empty(&self) -> bool {
        !self.global && self.sites.is_empty() && self.locations.is_empty()
    }

    /// True where the source said 'global'.
    pub fn is_global(&self) -> bool {
        self.global
    }

    /// The whole sites, without those of which only a location is held.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().map(String::as_str)
    }

    /// The locations below a site, with their site.
    pub fn locations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.locations.iter().map(|(id, site)| (id.as_str(), site.as_str()))
    }

    /// True where the permission holds on at least one whole site.
    pub fn holds_a_whole_site(&self) -> bool {
        self.global || !self.sites.is_empty()
    }

    /// True where some site is held in part only, so that its rows may lie inside or outside.
    pub fn is_partial(&self) -> bool {
        !self.global && !self.locations.is_empty()
    }

    /// Does the permission hold on the whole of this site?
    pub fn covers_site(&self, site: &str) -> bool {
        self.global || self.sites.contains(site)
    }

    /// Does the permission hold at one of these locations, itself or an ancestor of the row? Where
    /// the row names its site, only locations of that site count.
    pub fn covers_any_location<'a>(
        &self,
        path: impl IntoIterator<Item = &'a str>,
        site: Option<&str>,
    ) -> bool {
        let held = |id| self.locations.get(id).is_some_and(|of| site.is_none_or(|site| of == site));
        self.global || path.into_iter().any(held)
    }

    /// The sites that may be pushed to narrow a question: the whole ones, and with `touched` also
    /// those held in part, for a question whose rows a location filter judges afterwards.
    pub fn pushed_sites(&self, touched: bool) -> BTreeSet<&str> {
        let parts = self.locations.values().filter(|_| touched);
        self.sites.iter().chain(parts).map(String::as_str).collect()
    }

    /// What of it goes into a question that names sites, all of them or those that are wanted.
    pub fn push<'a>(&'a self, touched: bool, wanted: Option<Vec<&'a str>>) -> Pushed<'a> {
        let sites = match (self.global, wanted) {
            (true, None) => return Pushed::Everywhere,
            (true, Some(wanted)) => wanted,
            (false, None) => self.pushed_sites(touched).into_iter().collect(),
            (false, Some(wanted)) => {
                let held = self.pushed_sites(touched).into_iter();
                held.filter(|site| wanted.contains(site)).collect()
            }
        };
        if sites.is_empty() { Pushed::Nothing } else { Pushed::Sites(sites) }
    }

    /// Both together: `any` of two permissions.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            global: self.global || other.global,
            sites: self.sites.union(&other.sites).cloned().collect(),
            locations: self
                .locations
                .iter()
                .chain(&other.locations)
                .map(|(id, site)| (id.clone(), site.clone()))
                .collect(),
        }
    }

    /// The places that both hold: `all` of two permissions.
    pub fn intersection(&self, other: &Self) -> Self {
        if self.global {
            return other.clone();
        }
        if other.global {
            return self.clone();
        }
        let held_by = |theirs: &Self, id: &String, site: &String| {
            theirs.sites.contains(site) || theirs.locations.get(id) == Some(site)
        };
        let mine = self.locations.iter().filter(|(id, site)| held_by(other, id, site));
        let theirs = other.locations.iter().filter(|(id, site)| held_by(self, id, site));
        Self {
            global: false,
            sites: self.sites.intersection(&other.sites).cloned().collect(),
            locations: mine.chain(theirs).map(|(id, site)| (id.clone(), site.clone())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SITES: u8 = 4;
    const LOCATIONS: u8 = 3;

    fn site(number: u8) -> String {
        format!("site-{number}")
    }

    /// A location is part of one site, and says so in its name.
    fn location(site: u8, number: u8) -> String {
        format!("site-{site}/location-{number}")
    }

    fn places() -> impl Strategy<Value = Place> {
        prop_oneof![
            1 => Just(Place::Global),
            6 => (0..SITES).prop_map(|number| Place::Site(site(number))),
            9 => (0..SITES, 0..LOCATIONS).prop_map(|(of, number)| {
                Place::Location { id: location(of, number), site: site(of) }
            }),
        ]
    }

    fn scopes() -> impl Strategy<Value = Scopes> {
        proptest::collection::vec(places(), 0..5).prop_map(Scopes::from_iter)
    }

    /// A row: its site, and the locations on its path.
    fn rows() -> impl Strategy<Value = (String, Vec<String>)> {
        (0..SITES, proptest::collection::btree_set(0..LOCATIONS, 0..3)).prop_map(|(of, path)| {
            (site(of), path.into_iter().map(|number| location(of, number)).collect())
        })
    }

    fn covers(scopes: &Scopes, (site, path): &(String, Vec<String>)) -> bool {
        let path = path.iter().map(String::as_str);
        scopes.covers_site(site) || scopes.covers_any_location(path, Some(site))
    }

    proptest! {
        #[test]
        fn a_union_covers_what_either_covers(a in scopes(), b in scopes(), row in rows()) {
            prop_assert_eq!(covers(&a.union(&b), &row), covers(&a, &row) || covers(&b, &row));
            prop_assert_eq!(covers(&a.union(&b), &row), covers(&b.union(&a), &row));
        }

        #[test]
        fn an_intersection_covers_nothing_that_one_of_both_does_not(
            a in scopes(),
            b in scopes(),
            row in rows(),
        ) {
            let both = covers(&a, &row) && covers(&b, &row);
            let shared = a.intersection(&b);
            prop_assert!(!covers(&shared, &row) || both);
            // Two different locations above one row share no place that a scope could name.
            prop_assert!(row.1.len() > 1 || covers(&shared, &row) == both);
            prop_assert_eq!(covers(&shared, &row), covers(&b.intersection(&a), &row));
        }

        /// Sources that place one location at two sites widen nothing either.
        #[test]
        fn an_intersection_of_sources_that_disagree_covers_no_more_than_each(
            (mine, theirs, of) in (0..SITES, 0..SITES, 0..SITES),
        ) {
            let at = |of| Place::Location { id: "shared".to_owned(), site: site(of) };
            let a: Scopes = [at(mine)].into_iter().collect();
            let b: Scopes = [at(theirs)].into_iter().collect();
            let row = (site(of), vec!["shared".to_owned()]);
            prop_assert!(!covers(&a.intersection(&b), &row) || covers(&a, &row) && covers(&b, &row));
        }

        #[test]
        fn an_intersection_covers_the_whole_sites_of_both(a in scopes(), b in scopes(), of in 0..SITES) {
            let (site, shared) = (site(of), a.intersection(&b));
            prop_assert_eq!(
                shared.covers_site(&site),
                a.covers_site(&site) && b.covers_site(&site)
            );
        }

        #[test]
        fn everywhere_and_nowhere_are_the_ends(a in scopes(), row in rows()) {
            let (all, none) = (Scopes::everywhere(), Scopes::default());
            for same in [a.intersection(&all), a.union(&none), a.union(&a), a.intersection(&a)] {
                prop_assert_eq!(covers(&same, &row), covers(&a, &row));
                prop_assert_eq!(same.is_empty(), a.is_empty());
            }
            prop_assert!(a.intersection(&none).is_empty());
            prop_assert!(a.union(&all).is_global());
        }

        #[test]
        fn a_location_never_widens_to_its_site(a in scopes(), b in scopes(), of in 0..SITES) {
            let site = site(of);
            for scopes in [a.union(&b), a.intersection(&b)] {
                let held = a.covers_site(&site) || b.covers_site(&site);
                prop_assert!(!scopes.covers_site(&site) || held);
                prop_assert!(scopes.is_global() == scopes.covers_site("elsewhere"));
            }
        }
    }
}

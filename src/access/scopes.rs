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

    /// Every site on which the permission holds at least in part: what may be pushed to narrow a
    /// question whose rows a location filter judges afterwards.
    pub fn touched_sites(&self) -> BTreeSet<&str> {
        self.sites.iter().chain(self.locations.values()).map(String::as_str).collect()
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
            theirs.sites.contains(site) || theirs.locations.contains_key(id)
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

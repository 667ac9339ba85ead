//! How a definition keeps an answer inside the caller's scope (tool-format rule 5).

use std::sync::Arc;

use super::pointer::Pointer;
use super::resolver::Resolver;
use super::spread::Key;

/// What holds a tool's or a resolver's answer inside the scope. A definition without one is
/// refused, so that nothing is unscoped by omission.
#[derive(Clone, Debug)]
pub struct ScopeRule {
    /// The caller's sites are part of the request.
    pub push: bool,
    /// Each row is judged.
    pub filter: Option<Filter>,
    /// Arguments whose records were located inside the scope, and so answer for the rest.
    pub resolved: Vec<String>,
    /// Nothing to hold: the reason.
    pub none: Option<String>,
}

/// How one row is judged. A row without the key is dropped.
#[derive(Clone, Debug)]
pub enum Filter {
    /// By the row's own place.
    Place(PlaceFilter),
    /// By a value that must equal one of a located record, such as a comment's ticket.
    Equal {
        /// Where in the row.
        at: Pointer,
        /// The argument that named the record.
        argument: String,
        /// Where in the record.
        found: Pointer,
    },
}

/// Where a row says what place it belongs to.
#[derive(Clone, Debug)]
pub struct PlaceFilter {
    /// The row's site.
    pub site: Option<Key>,
    /// The row names several sites there, and lies inside where all of them do.
    pub every: bool,
    /// Which rows are for one person alone, wherever they lie.
    pub private: Option<Private>,
    /// The row's locations: its own, and those above it.
    pub location: Option<Pointer>,
    /// Where a row lists the places that it is about, instead of naming one of its own: one inside
    /// is enough, and the others leave the row. `site` and `location` then are of an element.
    pub any_of: Option<Pointer>,
    /// Lists inside a row whose elements are judged as the row is; those outside leave it.
    pub within: Vec<Pointer>,
    /// What is kept of a row that lies above a place of the scope.
    pub above: Vec<Pointer>,
    /// How the scope's own places are looked up, to know what lies above them.
    pub places: Option<Arc<Resolver>>,
}

impl PlaceFilter {
    /// The keys of the row's lists whose elements are judged.
    pub fn judged_lists(&self) -> impl Iterator<Item = &str> {
        self.within.iter().chain(&self.any_of).filter_map(Pointer::single_key)
    }
}

/// Which rows are for one person alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Private {
    /// Where a row says whether it is for everybody.
    pub at: Pointer,
    /// The one value there that is for everybody inside the scope.
    pub shared: String,
    /// Where a row names the person whom it is for, by object id.
    pub owner: Pointer,
}

impl Private {
    /// May this person see the row? One that says nothing of it is nobody's.
    pub fn shows(&self, row: &serde_json::Value, person: &str) -> bool {
        let owner = self.owner.text_of(row);
        self.at.text_of(row) == Some(self.shared.as_str()) || owner == Some(person)
    }
}

impl ScopeRule {
    /// True where a scope of one location can be judged: a `location` filter, a located record, or
    /// nothing to judge at all. Otherwise the tool needs a whole site.
    pub fn judges_locations(&self) -> bool {
        match &self.filter {
            Some(Filter::Place(place)) => place.location.is_some(),
            Some(Filter::Equal { .. }) => true,
            None => !self.push,
        }
    }

    /// True where rows that the caller may not see are to be expected among those that the service
    /// gives, however well it keeps to the request. `everywhere`: the caller holds it globally.
    pub fn expects_hidden(&self, everywhere: bool) -> bool {
        let Some(Filter::Place(place)) = &self.filter else { return false };
        let by_place = !self.push || place.every || place.any_of.is_some();
        place.private.is_some() || (by_place && !everywhere)
    }

    /// True where a row of the scope also keeps what lies above it.
    pub fn keeps_above(&self) -> bool {
        matches!(&self.filter, Some(Filter::Place(place)) if !place.above.is_empty())
    }
}

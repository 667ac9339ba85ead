//! Is this row inside these scopes? The target and scope stages ask the same function.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::PlaceFilter;

use super::scopes::Scopes;

/// Where a row lies, seen from a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In it.
    Inside,
    /// On the way from the root to a place of the scope.
    Above,
    /// Elsewhere, or nowhere that the row says.
    Outside,
}

/// Judges a row. `ancestors` are the ids above the scope's own places.
///
/// A caller who holds the permission globally, which a source said out loud, is inside
/// everywhere. For anybody else a row without the key is outside, and so is one whose location is
/// of another site than the row itself.
pub fn judge(
    filter: &PlaceFilter,
    scopes: &Scopes,
    ancestors: &BTreeSet<String>,
    row: &Value,
) -> Standing {
    if scopes.is_global() {
        return Standing::Inside;
    }
    let inside = match &filter.any_of {
        None => is_inside(filter, scopes, row),
        Some(at) => {
            let about = at.of(row).and_then(Value::as_array);
            about.is_some_and(|about| about.iter().any(|one| is_inside(filter, scopes, one)))
        }
    };
    if inside {
        return Standing::Inside;
    }
    let id = row.get("id").and_then(Value::as_str);
    if !filter.above.is_empty() && id.is_some_and(|id| ancestors.contains(id)) {
        return Standing::Above;
    }
    Standing::Outside
}

/// Does this name a place of the scope?
fn is_inside(filter: &PlaceFilter, scopes: &Scopes, row: &Value) -> bool {
    let site = filter.site.as_ref().and_then(|at| at.text_of(row));
    let path = filter.location.as_ref().map(|at| at.texts_of(row)).unwrap_or_default();
    site.is_some_and(|site| scopes.covers_site(site))
        || scopes.covers_any_location(path.iter().copied(), site)
}

/// A row without what its judged lists hold of other places. What isn't a list there goes whole.
pub fn without_others<'a>(filter: &PlaceFilter, scopes: &Scopes, row: &'a Value) -> Cow<'a, Value> {
    if scopes.is_global() || filter.judged_lists().next().is_none() {
        return Cow::Borrowed(row);
    }
    let mut row = row.clone();
    for key in filter.judged_lists() {
        match row.get_mut(key) {
            Some(Value::Array(items)) => items.retain(|item| is_inside(filter, scopes, item)),
            Some(other) => *other = Value::Null,
            None => {}
        }
    }
    Cow::Owned(row)
}

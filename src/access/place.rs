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

/// Judges a row for a person, by object id. `ancestors` are the ids above the scope's own places.
///
/// A row that is for one person alone is inside for nobody else. A caller who holds the permission
/// globally, which a source said out loud, is inside everywhere. For anybody else a row without the key is outside, and so is one whose location is
/// of another site than the row itself.
pub fn judge(
    filter: &PlaceFilter,
    scopes: &Scopes,
    ancestors: &BTreeSet<String>,
    person: &str,
    row: &Value,
) -> Standing {
    if filter.private.as_ref().is_some_and(|private| !private.shows(row, person)) {
        return Standing::Outside;
    }
    if scopes.is_global() {
        return Standing::Inside;
    }
    let inside = match &filter.any_of {
        None if filter.every => covers_all(filter, scopes, row),
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

/// Does the permission hold on all of the sites that the row lists? In a list of none, nothing does.
fn covers_all(filter: &PlaceFilter, scopes: &Scopes, row: &Value) -> bool {
    let listed = filter.site.as_ref().and_then(|key| key.at.reach(row).into_iter().next());
    let Some((_, Value::Array(sites))) = listed else { return false };
    let held = |site: &Value| site.as_str().is_some_and(|site| scopes.covers_site(site));
    !sites.is_empty() && sites.iter().all(held)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::scopes::Place;
    use super::*;
    use crate::catalog::{Key, Pointer, Private, Spread};

    fn filter(private: bool) -> PlaceFilter {
        let at = |text: &str| Pointer::parse(text).unwrap();
        let private = private.then(|| Private {
            at: at("/visibility"),
            shared: "shared".to_owned(),
            owner: at("/owner"),
        });
        PlaceFilter {
            site: Spread::parse("/sites").map(|at| Key { at, after: None }),
            every: true,
            private,
            location: None,
            any_of: None,
            within: Vec::new(),
            above: Vec::new(),
            places: None,
        }
    }

    fn stands(filter: &PlaceFilter, scopes: &Scopes, row: &Value) -> bool {
        judge(filter, scopes, &BTreeSet::new(), "me", row) == Standing::Inside
    }

    #[test]
    fn every_site_of_a_row_must_be_inside() {
        let scopes: Scopes =
            ["a", "b"].map(|site| Place::Site(site.to_owned())).into_iter().collect();
        let filter = filter(false);
        for sites in [json!(["a"]), json!(["a", "b"]), json!(["b", "b"])] {
            assert!(stands(&filter, &scopes, &json!({"sites": sites})));
        }
        for sites in
            [json!(["a", "c"]), json!(["c"]), json!([]), json!("a"), json!(null), json!(["a", 1])]
        {
            assert!(!stands(&filter, &scopes, &json!({"sites": sites})), "{sites}");
            assert!(stands(&filter, &Scopes::everywhere(), &json!({"sites": sites})));
        }
    }

    #[test]
    fn what_is_private_is_for_its_owner_alone() {
        let filter = filter(true);
        let everywhere = Scopes::everywhere();
        let row = |visibility: Value, owner: &str| json!({"sites": ["a"], "visibility": visibility, "owner": owner});
        assert!(stands(&filter, &everywhere, &row(json!("shared"), "you")));
        assert!(stands(&filter, &everywhere, &row(json!("private"), "me")));
        for odd in [json!("private"), json!("Shared"), json!(null), json!(1)] {
            assert!(!stands(&filter, &everywhere, &row(odd, "you")));
        }
        assert!(!stands(&filter, &everywhere, &json!({"sites": ["a"]})));
    }
}

//! Runs the resolvers of a call's arguments, in the order of the tool's definition.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::access::{Standing, judge};
use crate::call::{Refusal, TroubleKind};
use crate::catalog::{EtagAt, Filter, RecordAt, Resolved, Resolver, Same, Way};
use crate::request::Checked;

use super::fill::{Fill, Record, Records};
use super::{Located, Reply, Source, batch};

/// A scope of more places than this isn't walked up; the names above its places are left out.
const MAX_PLACES: usize = 200;
/// How many places are looked up at once.
pub(super) const AT_ONCE: usize = 8;

/// Reads every record that the arguments name, inside the permit's scope.
///
/// # Errors
/// [`Refusal::NotFound`] for a record that is missing or out of scope; what the service's own
/// trouble maps to.
pub async fn locate(checked: Checked, source: &dyn Source) -> Result<Located, Refusal> {
    let mut records = Records::new();
    let mut missing = Vec::new();
    let ancestors = Box::pin(ancestors(&checked, source)).await?;
    for resolved in &checked.permit().tool().input.resolved {
        let Some(named) = checked.arguments().get(&resolved.argument) else { continue };
        if resolved.many {
            let batch =
                Box::pin(batch::locate(&checked, &records, resolved, named, source)).await?;
            // What a person confirms is done to all that were named, or not at all.
            if let (true, Some(first)) = (checked.permit().tool().writes(), batch.missing.first()) {
                return Err(Refusal::NotFound { argument: first.clone() });
            }
            missing.extend(batch.missing);
            records.insert(resolved.argument.clone(), batch.found);
            continue;
        }
        let Some(id) = named.as_str() else { return Err(Refusal::Internal) };
        let resolver = &resolved.resolver;
        let record = find(&checked, &records, resolver, id, source)
            .await?
            .filter(|record| {
                is_inside(&checked, &records, resolver, record)
                    || is_above(&checked, &ancestors, resolver, record)
            })
            .filter(|record| shares(&resolved.same, record, &records))
            .ok_or_else(|| not_found(resolved))?;
        records.insert(resolved.argument.clone(), record);
    }
    Ok(Located { checked, records, ancestors, missing })
}

fn not_found(resolved: &Resolved) -> Refusal {
    Refusal::NotFound { argument: resolved.argument.clone() }
}

/// Whom a record must be shown to.
fn person(checked: &Checked) -> &str {
    checked.permit().identity().subject()
}

/// One record, if there is one; whether it lies inside the scope isn't judged yet.
pub(super) async fn find(
    checked: &Checked,
    records: &Records,
    resolver: &Resolver,
    id: &str,
    source: &dyn Source,
) -> Result<Option<Record>, Refusal> {
    let Some(way) = way_for(resolver, id) else { return Ok(None) };
    let Some(mut record) = read(checked, records, resolver, way, id, source).await? else {
        return Ok(None);
    };
    if let Some(again) = &way.again {
        let Some(own_id) = again.text_of(&record.value).map(str::to_owned) else { return Ok(None) };
        let Some(first) = way_for(resolver, &own_id).filter(|way| way.again.is_none()) else {
            return Ok(None);
        };
        match read(checked, records, resolver, first, &own_id, source).await? {
            Some(whole) => record = whole,
            None => return Ok(None),
        }
    }
    Ok(Some(record))
}

/// Does a record lie inside the scope, by its resolver's own rule?
pub(super) fn is_inside(
    checked: &Checked,
    records: &Records,
    resolver: &Resolver,
    record: &Record,
) -> bool {
    match &resolver.scope.filter {
        Some(Filter::Place(place)) => {
            let scopes = checked.permit().scopes();
            judge(place, scopes, &BTreeSet::new(), person(checked), &record.value)
                == Standing::Inside
        }
        Some(Filter::Equal { at, argument, found }) => {
            let theirs = records.get(argument);
            theirs.is_some_and(|theirs| theirs.agrees(at, &record.value, found))
        }
        None => true,
    }
}

/// Does a record lie on the way up to a place of the scope, in a tool that shows that way? Only
/// for records that are found as those places are, so that a ticket or a site never passes.
fn is_above(
    checked: &Checked,
    ancestors: &BTreeSet<String>,
    resolver: &Arc<Resolver>,
    record: &Record,
) -> bool {
    let permit = checked.permit();
    let Some(Filter::Place(filter)) = &permit.tool().scope.filter else { return false };
    filter.places.as_ref().is_some_and(|places| Arc::ptr_eq(places, resolver))
        && judge(filter, permit.scopes(), ancestors, person(checked), &record.value)
            == Standing::Above
}

fn way_for<'a>(resolver: &'a Resolver, id: &str) -> Option<&'a Way> {
    resolver.ways.iter().find(|way| way.matches.as_ref().is_none_or(|matches| matches.is_match(id)))
}

async fn read(
    checked: &Checked,
    records: &Records,
    resolver: &Resolver,
    way: &Way,
    id: &str,
    source: &dyn Source,
) -> Result<Option<Record>, Refusal> {
    let fill = Fill {
        by: Some(id),
        // A resolver finds one record, and that is judged by its own rule.
        place: None,
        touched_sites: resolver.scope.judges_locations(),
        ..Fill::of(checked, records)
    };
    let reply = match source.read(&resolver.backend, &way.request, fill).await {
        Ok(reply) => reply,
        // A service may say that the id is malformed, missing or not the caller's: all one to us.
        Err(Refusal::Service(trouble)) if says_no_such_record(&trouble.kind) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    Ok(pick(&way.record, &reply, id).map(|value| {
        let etag = match &resolver.etag {
            Some(EtagAt::Header) => reply.etag.clone(),
            Some(EtagAt::Field(at)) => at.text_of(&value).map(str::to_owned),
            None => None,
        };
        Record::one(value, etag)
    }))
}

pub(super) fn says_no_such_record(kind: &TroubleKind) -> bool {
    matches!(kind, TroubleKind::Gone | TroubleKind::Forbidden | TroubleKind::Rejected(_))
}

fn pick(at: &RecordAt, reply: &Reply, id: &str) -> Option<Value> {
    let found = match at {
        RecordAt::Pointer(at) => at.of(&reply.body),
        RecordAt::Single(items) => match items.of(&reply.body)?.as_array()?.as_slice() {
            [only] => Some(only),
            _ => None,
        },
        RecordAt::Where { items, key } => {
            let items = items.of(&reply.body)?.as_array()?;
            items.iter().find(|item| key.texts_of(item).any(|text| text == id))
        }
    };
    // Something without an id is no record: an id such as `search` may lead to another resource.
    let is_id = |id: &Value| id.is_string() || id.is_number();
    found.filter(|record| record.get("id").is_some_and(is_id)).cloned()
}

pub(super) fn shares(same: &[Same], record: &Record, records: &Records) -> bool {
    same.iter().all(|same| {
        let theirs = records.get(&same.argument);
        theirs.is_some_and(|theirs| same.at.agrees(&record.value, &same.found, &theirs.value))
    })
}

/// The ids on the way from the root to each place of the scope, where the tool's answer keeps them.
async fn ancestors(checked: &Checked, source: &dyn Source) -> Result<BTreeSet<String>, Refusal> {
    let permit = checked.permit();
    let Some(Filter::Place(filter)) = &permit.tool().scope.filter else {
        return Ok(BTreeSet::new());
    };
    let (Some(places), Some(path), false) =
        (&filter.places, &filter.location, permit.scopes().is_global())
    else {
        return Ok(BTreeSet::new());
    };
    let locations = permit.scopes().locations().map(|(id, _)| id);
    let none = Records::new();
    let lookups: Vec<_> = permit
        .scopes()
        .sites()
        .chain(locations)
        .take(MAX_PLACES)
        .map(|id| find(checked, &none, places, id, source))
        .collect();
    let paths: Vec<Vec<String>> = stream::iter(lookups)
        .buffer_unordered(AT_ONCE)
        .map_ok(|record| {
            let record = record.filter(|record| is_inside(checked, &none, places, record));
            let path = record.as_ref().map(|record| path.texts_of(&record.value));
            path.unwrap_or_default().into_iter().map(str::to_owned).collect()
        })
        .try_collect()
        .await?;
    Ok(paths.into_iter().flatten().collect())
}

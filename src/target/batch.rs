//! Lists of ids: the records that they name, each judged like a single one. What isn't found or lies
//! outside of the scope is left out and told by its place in the list; the rest goes on.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::call::Refusal;
use crate::catalog::{RecordAt, Resolved, Way};
use crate::request::Checked;

use super::Source;
use super::fill::{Fill, Record, Records};
use super::locate::{AT_ONCE, find, is_inside, says_no_such_record, shares};

/// What a list of ids named.
pub(super) struct Batch {
    /// The records that were found, in the order of the ids.
    pub(super) found: Record,
    /// The places of the others, such as `twinIds.3`.
    pub(super) missing: Vec<String>,
}

/// Finds the records of a list of ids: all at once where the service can, otherwise some at a time.
///
/// # Errors
/// The service's own trouble, other than that there is no such record.
pub(super) async fn locate(
    checked: &Checked,
    records: &Records,
    resolved: &Resolved,
    named: &Value,
    source: &dyn Source,
) -> Result<Batch, Refusal> {
    let ids: Option<Vec<&str>> =
        named.as_array().and_then(|ids| ids.iter().map(Value::as_str).collect());
    let ids = ids.ok_or(Refusal::Internal)?;
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    let all = resolved.resolver.all.as_ref();
    let (together, mut single): (Vec<&str>, Vec<&str>) = different
        .into_iter()
        .partition(|id| all.is_some_and(|way| way.matches.as_ref().is_none_or(|m| m.is_match(id))));
    let mut found = BTreeMap::new();
    if let (Some(way), false) = (all, together.is_empty()) {
        match read_all(checked, records, resolved, way, &together, source).await? {
            Some(records) => found = records,
            // Refused for the sake of one of them, which can't be known: one by one then.
            None => single.extend(together),
        }
    }
    let lookups: Vec<_> = single
        .into_iter()
        .map(async |id| {
            let record = find(checked, records, &resolved.resolver, id, source).await?;
            Ok::<_, Refusal>(record.map(|record| (id.to_owned(), record)))
        })
        .collect();
    let singly: Vec<Option<(String, Record)>> =
        stream::iter(lookups).buffer_unordered(AT_ONCE).try_collect().await?;
    found.extend(singly.into_iter().flatten());
    found.retain(|_, record| {
        is_inside(checked, records, &resolved.resolver, record)
            && shares(&resolved.same, record, records)
    });
    Ok(sorted_out(&resolved.argument, &ids, found))
}

fn sorted_out(argument: &str, ids: &[&str], mut found: BTreeMap<String, Record>) -> Batch {
    let places = ids.iter().enumerate().filter(|(_, id)| !found.contains_key(**id));
    let missing = places.map(|(index, _)| format!("{argument}.{index}")).collect();
    // An id that is named twice is one record.
    let found = ids.iter().filter_map(|id| found.remove(*id)).map(|record| record.value);
    Batch { found: Record::list(found.collect()), missing }
}

/// One request for all of them; nothing where the service refuses it as a whole.
async fn read_all(
    checked: &Checked,
    records: &Records,
    resolved: &Resolved,
    way: &Way,
    ids: &[&str],
    source: &dyn Source,
) -> Result<Option<BTreeMap<String, Record>>, Refusal> {
    let RecordAt::Where { items, key } = &way.record else { return Err(Refusal::Internal) };
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    let fill = Fill {
        by_all: &ids,
        touched_sites: resolved.resolver.scope.judges_locations(),
        ..Fill::of(checked, records)
    };
    let reply = match source.read(&resolved.resolver.backend, &way.request, fill).await {
        Ok(reply) => reply,
        Err(Refusal::Service(trouble)) if says_no_such_record(&trouble.kind) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let rows = items.of(&reply.body).and_then(Value::as_array).into_iter().flatten();
    let named = rows.filter_map(|row| {
        let id = key.text_of(row).filter(|id| ids.iter().any(|named| named == id))?;
        Some((id.to_owned(), Record::one(row.clone(), None)))
    });
    Ok(Some(named.collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_told_by_place_and_what_is_named_twice_is_one() {
        let found: BTreeMap<String, Record> = ["a", "c"]
            .map(|id| (id.to_owned(), Record::one(json!({"id": id}), None)))
            .into_iter()
            .collect();
        let batch = sorted_out("ids", &["c", "b", "a", "c", "b"], found);
        assert_eq!(batch.found, Record::list(vec![json!({"id": "c"}), json!({"id": "a"})]));
        assert_eq!(batch.missing, ["ids.1", "ids.4"]);
    }
}

//! What an operation answers with: a list, wherever its rows are, or a record.

use super::shape::{Fields, Kind, Shape};

/// Names under which APIs put the rows of a list.
const ROWS: [&str; 12] = [
    "items", "data", "results", "result", "value", "values", "records", "entries", "content",
    "rows", "list", "elements",
];
/// Names under which APIs put the one record.
const RECORDS: [&str; 4] = ["data", "result", "item", "record"];
/// Names of what stands beside the rows of a list.
const BESIDE: [&str; 12] = [
    "page",
    "paging",
    "pagination",
    "meta",
    "total",
    "totalCount",
    "total_count",
    "count",
    "links",
    "_links",
    "next",
    "hasMore",
];
/// Names of continuation tokens in answers.
const TOKENS: [&str; 8] = [
    "continuationToken",
    "nextToken",
    "next_token",
    "nextPageToken",
    "next_page_token",
    "nextCursor",
    "next_cursor",
    "cursor",
];

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub list: bool,
    /// Where the rows, or the record, are: a JSON Pointer.
    pub at: String,
    /// One row.
    pub row: Shape,
    /// Where a list says how it goes on.
    pub token: Option<String>,
}

/// Reads an answer's schema. `of`: the path's last word, which may name the rows.
pub(super) fn answer(shape: &Shape, of: &str) -> Result<Answer, String> {
    match &shape.kind {
        Kind::List(item) => {
            named(item)?;
            Ok(Answer { list: true, at: String::new(), row: (**item).clone(), token: None })
        }
        Kind::Object(fields) => {
            if let Some((name, row)) = rows(fields, of) {
                named(row)?;
                let (at, token) = (pointer(name), token(fields));
                return Ok(Answer { list: true, at, row: row.clone(), token });
            }
            let inner = fields
                .all
                .iter()
                .find(|(name, shape)| RECORDS.contains(&name.as_str()) && shape.fields().is_some());
            let (at, row) = match inner {
                Some((name, row)) if fields.get("id").is_none() => (pointer(name), row),
                _ => (String::new(), shape),
            };
            named(row)?;
            Ok(Answer { list: false, at, row: row.clone(), token: None })
        }
        Kind::Open(why) => Err(format!("its answer can't be a row: {why}")),
        _ => Err("its answer is neither an object nor a list".to_owned()),
    }
}

fn named(row: &Shape) -> Result<(), String> {
    match &row.kind {
        Kind::Object(fields) if !super::row::row(fields).fields.is_empty() => Ok(()),
        Kind::Object(_) => Err("its answer can't be a row: no field of it has a type".to_owned()),
        Kind::Open(why) => Err(format!("its answer can't be a row: {why}")),
        _ => Err("its rows aren't objects".to_owned()),
    }
}

fn rows<'a>(fields: &'a Fields, of: &str) -> Option<(&'a str, &'a Shape)> {
    let listed = |name: &str| match &fields.get(name)?.kind {
        Kind::List(item) if item.fields().is_some() => Some(&**item),
        _ => None,
    };
    // What has an id of its own is a record, whatever lists it holds.
    if fields.get("id").is_some() {
        return None;
    }
    let known = ROWS.iter().copied().chain([of]);
    let mut known = known.filter_map(|name| {
        let (own, _) = fields.all.iter().find(|(own, _)| own == name)?;
        Some((own.as_str(), listed(name)?))
    });
    if let Some(found) = known.next() {
        return Some(found);
    }
    // Under a name of its own, beside what only lists have.
    let mut lists = fields.all.iter().filter_map(|(name, _)| Some((name.as_str(), listed(name)?)));
    let beside = BESIDE.iter().any(|name| fields.get(name).is_some()) || token(fields).is_some();
    match (lists.next(), lists.next()) {
        (found @ Some(_), None) if beside => found,
        _ => None,
    }
}

fn token(fields: &Fields) -> Option<String> {
    let of = |fields: &Fields| {
        let text = |name: &&str| fields.get(name).is_some_and(|shape| shape.kind == Kind::Text);
        TOKENS.iter().copied().find(|name| text(name))
    };
    if let Some(name) = of(fields) {
        return Some(pointer(name));
    }
    fields.all.iter().find_map(|(name, shape)| {
        let inner = of(shape.fields()?)?;
        Some(pointer(name) + &pointer(inner))
    })
}

/// A JSON Pointer of one key.
pub(super) fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

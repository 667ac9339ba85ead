//! Guards outbound: from a scoped result to an [`Outcome`] that fits the tool's output schema and
//! isn't too long.
//!
//! A page that would be longer ends early, with a cursor to the rest. The front doors render an
//! outcome; they can't make one.

mod joined;
mod length;
mod link;
mod secrets;
mod text;

pub use joined::{PartEnd, join};

use serde_json::{Map, Value};
use url::Url;

use crate::call::{Refusal, Trouble, TroubleKind};
use crate::catalog::{Answer, Tool};
use crate::clock::Clock;
use crate::private::Private;
use crate::request::Position;
use crate::scope::{Content, Scoped};
use crate::seal::KeyRing;

/// A result that may leave. Only [`check`] makes one.
#[derive(Debug)]
pub struct Outcome {
    structured: Option<Private<Map<String, Value>>>,
    /// The structured content as text, where that is what the text content says.
    json: Option<Private<String>>,
    content: Private<Vec<Value>>,
    is_error: bool,
}

/// Bounds of a result.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Structured content and text together, in characters.
    pub max_chars: usize,
    /// `tools.app_url`: where people open records in their own app, if anywhere.
    pub app_url: Option<Url>,
}

/// Room for the keys around rows or a text, and for a cursor.
const AROUND: usize = 1_024;
/// Room for most results at once.
const TYPICAL: usize = 2_048;

/// Checks a scoped result and words it.
///
/// # Errors
/// [`TroubleKind::BadAnswer`] where it doesn't fit the output schema; [`Refusal::TooLarge`].
pub fn check(
    scoped: &Scoped,
    bounds: &Bounds,
    keys: &KeyRing,
    clock: &Clock,
) -> Result<Outcome, Refusal> {
    let counts = matches!(scoped.checked().permit().tool().answer, Answer::Counts { .. });
    let structured = match scoped.content() {
        Content::Blocks(blocks, is_error) => {
            return blocks_outcome(blocks, *is_error, bounds);
        }
        Content::Text(text, unit) => {
            let room = (bounds.max_chars / 2).saturating_sub(AROUND);
            Map::from_iter([("item".to_owned(), text::item(text, *unit, room).into())])
        }
        Content::Object(object, partial) => {
            let mut object = object.clone();
            if let Some(item) = object.get_mut("item") {
                *item = link::add(scoped, bounds, item, fields_of(scoped, item));
            }
            let not_found = scoped.checked().sites_not_found();
            if !not_found.is_empty() && counts {
                object.insert("notFound".into(), not_found.into());
            }
            if *partial {
                object.insert("partial".into(), true.into());
            }
            object
        }
        Content::Rows { rows, next, cut, partial, about, missing } => {
            let mut page = page(scoped, rows, next.as_ref(), *cut, bounds, keys, clock)?;
            let not_found = [scoped.checked().sites_not_found(), missing.clone()].concat();
            if !not_found.is_empty() {
                page.insert("notFound".into(), not_found.into());
            }
            if *partial {
                page.insert("partial".into(), true.into());
            }
            if let Some(about) = about {
                page.insert("about".into(), about.clone());
            }
            page
        }
    };
    worded(structured, scoped.checked().permit().tool(), bounds)
}

/// Structured content with the text that says the same, if it fits schema and bounds.
fn worded(
    mut structured: Map<String, Value>,
    tool: &Tool,
    bounds: &Bounds,
) -> Result<Outcome, Refusal> {
    // The cursor is ours, and sealed.
    let cursor = structured.remove("nextCursor");
    let mut value = Value::Object(structured);
    secrets::leave_out(&mut value);
    if let (Some(fields), Some(cursor)) = (value.as_object_mut(), cursor) {
        fields.insert("nextCursor".to_owned(), cursor);
    }
    if let Some(output) = &tool.output
        && let Err(error) = output.validate(&value)
    {
        let place = error.instance_path().to_string();
        tracing::warn!(tool = %tool.id, place, "the service's answer doesn't fit the output schema");
        let kind = if tool.writes() { TroubleKind::Unknown } else { TroubleKind::BadAnswer };
        return Err(Refusal::Service(Trouble { service: tool.backend.clone(), kind }));
    }
    let mut text = Vec::with_capacity(TYPICAL);
    serde_json::to_writer(&mut text, &value).map_err(|_| Refusal::Internal)?;
    let text = String::from_utf8(text).map_err(|_| Refusal::Internal)?;
    if text.chars().count().saturating_mul(2) > bounds.max_chars {
        return Err(Refusal::TooLarge);
    }
    let Value::Object(structured) = value else { return Err(Refusal::Internal) };
    Ok(Outcome {
        structured: Some(structured.into()),
        json: Some(text.into()),
        content: Vec::new().into(),
        is_error: false,
    })
}

fn blocks_outcome(blocks: &[Value], is_error: bool, bounds: &Bounds) -> Result<Outcome, Refusal> {
    let length: usize = blocks.iter().map(length::of).sum();
    if length > bounds.max_chars {
        return Err(Refusal::TooLarge);
    }
    Ok(Outcome { structured: None, json: None, content: blocks.to_vec().into(), is_error })
}

/// As many rows as fit, and a cursor to what is left.
fn page(
    scoped: &Scoped,
    rows: &[(Value, Position)],
    next: Option<&Position>,
    cut: bool,
    bounds: &Bounds,
    keys: &KeyRing,
    clock: &Clock,
) -> Result<Map<String, Value>, Refusal> {
    let token = |at: &Position| at.token.as_ref().map_or(0, String::len);
    let longest = rows.iter().map(|(_, at)| at).chain(next).map(token).max().unwrap_or_default();
    // A cursor is base64.
    let room = (bounds.max_chars / 2).saturating_sub(AROUND + longest * 4 / 3);
    let asked_for = scoped.checked().page_size().unwrap_or(usize::MAX).min(rows.len());
    let mut used = 0_usize;
    let mut after = None;
    let mut items = Vec::with_capacity(asked_for);
    for (row, end) in rows.iter().take(asked_for) {
        let row = link::add(scoped, bounds, row, fields_of(scoped, row));
        used += length::of(&row) + 1;
        if used > room {
            break;
        }
        items.push(row);
        after = Some(end);
    }
    let short = items.len() < asked_for;
    if short && items.is_empty() {
        return Err(Refusal::TooLarge);
    }
    let paged = scoped.checked().permit().tool().input.paged;
    let to = if items.len() < rows.len() { after.cloned() } else { next.cloned() };
    let mut page = Map::new();
    page.insert("items".into(), items.into());
    if let (Some(to), true) = (to, paged) {
        page.insert("nextCursor".into(), scoped.checked().cursor(to, keys, clock)?.into());
    }
    if short || cut {
        page.insert("truncated".into(), true.into());
    }
    Ok(page)
}

/// Keeps the fields that the caller asked for, always with `id` and `siteId`.
fn fields_of(scoped: &Scoped, row: &Value) -> Value {
    let (Some(Value::Array(wanted)), Value::Object(row)) =
        (scoped.checked().arguments().get("fields"), row)
    else {
        return row.clone();
    };
    let kept = |name: &String| {
        name == "id" || name == "siteId" || wanted.iter().any(|field| field == name.as_str())
    };
    Value::Object(
        row.iter().filter(|(name, _)| kept(name)).map(|(k, v)| (k.clone(), v.clone())).collect(),
    )
}

impl Outcome {
    /// MCP `structuredContent`.
    pub fn structured(&self) -> Option<&Map<String, Value>> {
        self.structured.as_deref()
    }

    /// The structured content as JSON, where one block of text with it is the whole content.
    pub fn json(&self) -> Option<&str> {
        self.json.as_ref().map(|json| json.as_str())
    }

    /// MCP `content`: content blocks as JSON; none where [`Outcome::json`] says them.
    pub fn content(&self) -> &[Value] {
        &self.content
    }

    /// MCP `isError`.
    pub fn is_error(&self) -> bool {
        self.is_error
    }
}

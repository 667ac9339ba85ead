//! What history is asked for: which points, from when to when, raw or in intervals, how many at
//! most. Reads and judges it; `series` carries it out.

use chrono::DateTime;
use serde::Deserialize;

use super::series::{Function, Series, Shape};
use crate::demo::paging::Params;
use crate::demo::problem::Problem;

const LARGEST_PAGE: usize = 1_000;
const USUAL_PAGE: usize = 100;
/// Points that one query may name.
const LARGEST_QUERY: usize = 20;
/// Days that a query for samples, and one for intervals, may span.
const RAW_DAYS: i64 = 31;
const INTERVAL_DAYS: i64 = 400;

/// `POST /telemetry/query`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Query {
    pub(super) twin_ids: Vec<String>,
    start: String,
    end: String,
    #[serde(default)]
    interval: Option<String>,
    #[serde(default)]
    aggregation: Vec<String>,
    #[serde(default)]
    fill: Option<String>,
    #[serde(default)]
    max_points: Option<usize>,
    #[serde(default)]
    page_size: Option<usize>,
    #[serde(default)]
    continuation_token: Option<String>,
}

impl Query {
    /// The same for one point, by GET.
    pub(super) fn of_one(id: String, params: &Params) -> Result<Self, Problem> {
        let own = |name: &str| params.get(name).map(str::to_owned);
        Ok(Self {
            twin_ids: vec![id],
            start: own("start").unwrap_or_default(),
            end: own("end").unwrap_or_default(),
            interval: own("interval"),
            aggregation: params.list("aggregation").into_iter().map(str::to_owned).collect(),
            fill: own("fill"),
            max_points: None,
            page_size: Some(params.number("pageSize", USUAL_PAGE)?),
            continuation_token: own("continuationToken"),
        })
    }

    /// Judges it: 422 names the fields that can't be taken.
    pub(super) fn read(&self) -> Result<Series, Problem> {
        let fault =
            |field: &str, text: &str| Problem::invalid([(field.to_owned(), text.to_owned())]);
        let time = |field: &str, text: &str| {
            let read = DateTime::parse_from_rfc3339(text);
            read.map(|time| time.timestamp()).map_err(|_| fault(field, "RFC 3339, please."))
        };
        let (start, end) = (time("start", &self.start)?, time("end", &self.end)?);
        if !(1..=LARGEST_QUERY).contains(&self.twin_ids.len()) {
            return Err(fault("twinIds", "1 to 20 ids."));
        }
        let interval = match self.interval.as_deref().unwrap_or("raw") {
            "raw" => None,
            text => Some(seconds(text).ok_or_else(|| fault("interval", "raw, PT15M, PT1H, P1D…"))?),
        };
        let days = if interval.is_some() { INTERVAL_DAYS } else { RAW_DAYS };
        if end <= start || end - start > days * super::places::DAY {
            return Err(fault("end", "After start, by 31 days (raw) or 400 days at most."));
        }
        let page_size = self.page_size.unwrap_or(USUAL_PAGE);
        if !(1..=LARGEST_PAGE).contains(&page_size) {
            return Err(fault("pageSize", "1 to 1000."));
        }
        let shape = match interval {
            None => Shape::Samples { max_points: self.max_points },
            Some(interval) => {
                let functions = self.aggregation.iter().map(|name| Function::of(name));
                let functions: Option<Vec<Function>> = functions.collect();
                let functions = functions.ok_or_else(|| fault("aggregation", "avg, min, max…"))?;
                let previous = match self.fill.as_deref() {
                    None | Some("null") => false,
                    Some("previous") => true,
                    Some(_) => return Err(fault("fill", "null or previous.")),
                };
                Shape::Intervals { interval, functions, previous }
            }
        };
        let from = match self.continuation_token.as_deref() {
            None => (0, start),
            Some(token) => Series::position(token)
                .ok_or_else(|| Problem::bad_request("'continuationToken' isn't one of ours."))?,
        };
        Ok(Series { start, end, shape, page_size, from })
    }
}

/// An ISO 8601 duration of one unit, in seconds: `PT15M`, `PT1H`, `P1D`.
fn seconds(text: &str) -> Option<i64> {
    let (digits, unit) = match text.strip_prefix("PT") {
        Some(time) if time.ends_with('M') => (time.strip_suffix('M')?, 60),
        Some(time) => (time.strip_suffix('H')?, 3_600),
        None => (text.strip_prefix('P')?.strip_suffix('D')?, super::places::DAY),
    };
    let count: i64 = digits.parse().ok()?;
    (1..=1_000).contains(&count).then_some(count * unit)
}

//! Carries a query out: samples, thinned where there are too many, or figures for each interval;
//! a page at a time, one point after the other.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::moment;
use super::values::Telemetry;
use crate::demo::fields::set;

/// A query that was judged.
pub(super) struct Series {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) shape: Shape,
    pub(super) page_size: usize,
    /// Which of the points, and from which moment on.
    pub(super) from: (usize, i64),
}

pub(super) enum Shape {
    /// As they came; of more than so many in all only each second, third… of a point.
    Samples { max_points: Option<usize> },
    /// Figures for each interval, which begins at a multiple of its length since 1970.
    Intervals {
        interval: i64,
        functions: Vec<Function>,
        /// An interval without samples has the figures of the one before.
        previous: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Average,
    Minimum,
    Maximum,
    Sum,
    Count,
    First,
    Last,
    Delta,
}

impl Function {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "sum" => Self::Sum,
            "count" => Self::Count,
            "first" => Self::First,
            "last" => Self::Last,
            "delta" => Self::Delta,
            _ => return None,
        })
    }

    /// The field, and its value over these samples.
    fn over(self, values: &[f64]) -> (&'static str, Value) {
        let number = |value: Option<f64>| value.map_or(Value::Null, |value| round(value).into());
        let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
        let sum: f64 = values.iter().sum();
        let (first, last) = (values.first().copied(), values.last().copied());
        match self {
            Self::Average => ("average", number(first.map(|_| sum / count))),
            Self::Minimum => ("minimum", number(values.iter().copied().reduce(f64::min))),
            Self::Maximum => ("maximum", number(values.iter().copied().reduce(f64::max))),
            Self::Sum => ("sum", number(first.map(|_| sum))),
            Self::Count => ("count", values.len().into()),
            Self::First => ("first", number(first)),
            Self::Last => ("last", number(last)),
            Self::Delta => ("delta", number(first.zip(last).map(|(first, last)| last - first))),
        }
    }
}

/// Three places after the point.
fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

impl Series {
    /// Where a page goes on, by its token.
    pub(super) fn position(token: &str) -> Option<(usize, i64)> {
        let plain = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (index, at) = std::str::from_utf8(&plain).ok()?.split_once('~')?;
        Some((index.parse().ok()?, at.parse().ok()?))
    }

    /// `{data, continuationToken?}`
    pub(super) fn run(&self, telemetry: &Telemetry<'_>, points: &[usize]) -> Value {
        let mut data = Vec::new();
        let (first, at) = self.from;
        let mut next = None;
        for (index, point) in points.iter().enumerate().skip(first) {
            let from = if index == first { at.max(self.start) } else { self.start };
            let room = self.page_size - data.len();
            let rows = match &self.shape {
                Shape::Samples { max_points } => {
                    let step = self.step(telemetry, *point, *max_points, points.len());
                    self.samples(telemetry, *point, from, step, room)
                }
                Shape::Intervals { interval, functions, previous } => {
                    self.figures(telemetry, *point, (from, *interval), (functions, *previous), room)
                }
            };
            next = rows.next.map(|at| (index, at));
            data.extend(rows.data);
            if next.is_none() && data.len() == self.page_size && index + 1 < points.len() {
                next = Some((index + 1, self.start));
            }
            if next.is_some() {
                break;
            }
        }
        let mut page = json!({"data": data});
        if let Some((index, at)) = next {
            let token = BASE64URL_NOPAD.encode(format!("{index}~{at}").as_bytes());
            set(&mut page, "continuationToken", token);
        }
        page
    }

    /// Each how-manieth sample is told, so that all points together have no more than was asked for.
    fn step(
        &self,
        telemetry: &Telemetry<'_>,
        point: usize,
        max_points: Option<usize>,
        points: usize,
    ) -> i64 {
        let of = telemetry.equipment().points.get(point);
        let interval = of.map_or(1, |one| i64::from(one.interval));
        let most = max_points.map_or(usize::MAX, |most| most / points.max(1)).max(1);
        let count = (self.end.min(telemetry.now()) - self.start).max(0) / interval + 1;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        (1 + (count - 1).checked_div(most).unwrap_or_default()) * interval
    }

    fn samples(
        &self,
        telemetry: &Telemetry<'_>,
        point: usize,
        from: i64,
        step: i64,
        room: usize,
    ) -> Rows {
        let Some(of) = telemetry.equipment().points.get(point) else { return Rows::default() };
        let kept = telemetry.samples(point, from, self.end).filter(|(at, _)| at % step == 0);
        let mut kept = kept.peekable();
        let mut data = Vec::new();
        while let (true, Some((at, value))) = (data.len() < room, kept.peek().copied()) {
            data.extend(telemetry.sample(of, at, value));
            kept.next();
        }
        Rows { data, next: kept.peek().map(|(at, _)| *at) }
    }

    fn figures(
        &self,
        telemetry: &Telemetry<'_>,
        point: usize,
        (from, interval): (i64, i64),
        (functions, previous): (&[Function], bool),
        room: usize,
    ) -> Rows {
        let Some(of) = telemetry.equipment().points.get(point) else { return Rows::default() };
        let mut data: Vec<Value> = Vec::new();
        let mut begins = from.div_euclid(interval) * interval;
        let end = self.end.min(telemetry.now() + 1);
        while begins < end {
            if data.len() == room {
                return Rows { data, next: Some(begins) };
            }
            let (low, high) = (begins.max(self.start), (begins + interval).min(end));
            let values: Vec<f64> =
                telemetry.samples(point, low, high).map(|(_, value)| value).collect();
            let mut row = match data.last() {
                Some(before) if values.is_empty() && previous => before.clone(),
                _ => {
                    let mut row = json!({"twinId": of.twin_id});
                    for function in functions {
                        let (field, value) = function.over(&values);
                        set(&mut row, field, value);
                    }
                    row
                }
            };
            set(&mut row, "timestamp", moment(begins));
            data.push(row);
            begins += interval;
        }
        Rows { data, next: None }
    }
}

/// Rows of one point, and the moment from which there are more.
#[derive(Default)]
struct Rows {
    data: Vec<Value>,
    next: Option<i64>,
}

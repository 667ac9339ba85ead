//! One partition of a result, and where it stands in the whole: what a cursor carries. The handle in
//! it is the service's; a cursor is sealed for its person, tool, values and scope.

use std::fmt;
use std::io::Read;

use http::header::CONTENT_ENCODING;
use serde::Deserialize;
use serde_json::Value;

use crate::backend::transport::Received;
use crate::call::TroubleKind;
use crate::catalog::{ColumnKind, SavedQuery};

/// The longest handle; the service's own are UUIDs.
const MAX_HANDLE: usize = 64;

/// A partition of a statement's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The statement's handle: letters, digits and `-`.
    pub(super) handle: String,
    /// Which partition.
    pub(super) partition: usize,
    /// How many there are.
    pub(super) partitions: usize,
    /// How many rows are in those before.
    pub(super) before: usize,
    /// The whole has more rows than may be given.
    pub(super) limited: bool,
}

/// A partition's rows.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) place: Place,
    /// Each a list of texts and nulls.
    pub(super) rows: Vec<Value>,
}

/// A finished statement, with its first partition.
#[derive(Deserialize)]
struct Finished {
    #[serde(rename = "resultSetMetaData")]
    about: About,
    data: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    num_rows: u64,
    row_type: Vec<Column>,
    #[serde(default)]
    partition_info: Vec<Value>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    scale: Option<i64>,
}

/// A further partition: its rows and nothing else.
#[derive(Deserialize)]
struct Further {
    data: Vec<Value>,
}

impl Place {
    /// What a cursor carries.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('/');
        let mut part = || parts.next();
        let place = Self {
            handle: part().filter(|handle| is_handle(handle))?.to_owned(),
            partition: part()?.parse().ok()?,
            partitions: part()?.parse().ok()?,
            before: part()?.parse().ok()?,
            limited: part()? == "limited",
        };
        part().is_none().then_some(place)
    }

    /// The partition after this one, which has so many rows.
    pub(super) fn next(&self, rows: usize) -> Option<Self> {
        let next =
            Self { partition: self.partition + 1, before: self.before + rows, ..self.clone() };
        (next.partition < next.partitions).then_some(next)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handle, partition, partitions, before, limited } = self;
        let limited = if *limited { "limited" } else { "whole" };
        write!(f, "{handle}/{partition}/{partitions}/{before}/{limited}")
    }
}

/// A handle becomes part of a path.
pub(super) fn is_handle(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= MAX_HANDLE && text.bytes().all(plain)
}

/// A finished statement's first partition, if the result is what the definition says.
pub(super) fn first(
    query: &SavedQuery,
    handle: &str,
    received: &Received,
    cap: usize,
) -> std::result::Result<Result, TroubleKind> {
    let finished: Finished = parse(received, cap)?;
    let described = &finished.about.row_type;
    let agrees = described.len() == query.columns.len()
        && query.columns.iter().zip(described).all(|(own, theirs)| {
            let named = own.name.eq_ignore_ascii_case(&theirs.name);
            // An empty result has nothing that could be mistaken for something else.
            named && (finished.data.is_empty() || is_kind(own.kind, theirs))
        });
    if !agrees {
        tracing::warn!(query = query.id, "the result's columns aren't those of the definition");
        return Err(TroubleKind::BadAnswer);
    }
    let place = Place {
        handle: handle.to_owned(),
        partition: 0,
        partitions: finished.about.partition_info.len().max(1),
        before: 0,
        limited: finished.about.num_rows > u64::from(query.max_rows),
    };
    Ok(Result { place, rows: finished.data })
}

/// A further partition.
pub(super) fn further(
    place: Place,
    received: &Received,
    cap: usize,
) -> std::result::Result<Result, TroubleKind> {
    let Further { data } = parse(received, cap)?;
    Ok(Result { place, rows: data })
}

fn is_kind(own: ColumnKind, theirs: &Column) -> bool {
    let kind = theirs.kind.to_ascii_uppercase();
    match own {
        ColumnKind::String => kind == "TEXT",
        ColumnKind::Integer => kind == "FIXED" && theirs.scale.unwrap_or(0) == 0,
        ColumnKind::Number => kind == "FIXED" || kind == "REAL",
        ColumnKind::Boolean => kind == "BOOLEAN",
        ColumnKind::Date => kind == "DATE",
        ColumnKind::Time => kind == "TIMESTAMP_NTZ" || kind == "TIMESTAMP_LTZ",
    }
}

fn parse<'a, T: serde::de::DeserializeOwned>(
    received: &'a Received,
    cap: usize,
) -> std::result::Result<T, TroubleKind> {
    let named = received.headers.get(CONTENT_ENCODING).and_then(|name| name.to_str().ok());
    let plain: std::borrow::Cow<'a, [u8]> = match named.map(str::trim) {
        Some(name) if name.eq_ignore_ascii_case("gzip") => inflate(&received.body, cap)?.into(),
        Some(name) if !name.eq_ignore_ascii_case("identity") => return Err(TroubleKind::BadAnswer),
        _ => received.body.as_ref().into(),
    };
    serde_json::from_slice(&plain).map_err(|_| TroubleKind::BadAnswer)
}

/// What is unpacked is held to the same length as what isn't packed.
pub(super) fn inflate(packed: &[u8], cap: usize) -> std::result::Result<Vec<u8>, TroubleKind> {
    let most = u64::try_from(cap).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(most.saturating_add(1));
    reader.read_to_end(&mut plain).map_err(|_| TroubleKind::BadAnswer)?;
    if plain.len() > cap { Err(TroubleKind::BadAnswer) } else { Ok(plain) }
}

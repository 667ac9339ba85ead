//! Files that are served whole or by one range of their bytes (RFC 9110 §14.2).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

/// A file, or the range that the request asks for; a range that isn't understood is ignored, as it
/// may be.
pub(super) fn ranged(
    whole: Bytes,
    media_type: &str,
    headers: &HeaderMap,
    honoured: bool,
) -> Response {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let range = range.filter(|_| honoured).and_then(|range| parse(range, whole.len()));
    let Some((start, end)) = range else {
        let headers = [(header::CONTENT_TYPE, media_type)];
        return (headers, whole).into_response();
    };
    if start >= whole.len() {
        let headers = [(header::CONTENT_RANGE, format!("bytes */{}", whole.len()))];
        return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, whole.len())),
    ];
    (StatusCode::PARTIAL_CONTENT, headers, whole.slice(start..end)).into_response()
}

/// `bytes=A-B` or `bytes=A-` as a half-open range.
fn parse(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let start = start.parse().ok()?;
    let end: usize =
        if end.is_empty() { length } else { end.parse::<usize>().ok()?.checked_add(1)? };
    (start < end || start >= length).then_some((start, end.min(length)))
}

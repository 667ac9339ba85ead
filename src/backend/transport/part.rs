//! One part of a long answer: by `Range` (RFC 9110 §14.2) where the service honours it, else by
//! reading past what comes before. Never more than the part is held.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use crate::backend::Sent;
use crate::backend::render::Filled;
use crate::call::TroubleKind;
use crate::identity::Identity;
use crate::outbound::Answer;

use super::{Ended, Got, Transport, Wanted};

/// What kinds of text are asked for, the plainest first.
const TAKEN: &str = "text/plain, text/*;q=0.9, application/json;q=0.8, */*;q=0.1";

/// Which part is wanted.
#[derive(Clone, Copy)]
pub(super) struct WantedPart<'a> {
    from: u64,
    most: usize,
    /// Which types are.
    takes: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

/// A part of an answer.
#[derive(Debug)]
pub(in crate::backend) struct Part {
    pub(in crate::backend) bytes: Bytes,
    /// How long the whole is, if the service said so.
    pub(in crate::backend) size: Option<u64>,
    /// There is nothing after it.
    pub(in crate::backend) ended: bool,
    pub(in crate::backend) content_type: Option<String>,
}

/// Why there is no part.
#[derive(Debug)]
pub(in crate::backend) enum PartFault {
    /// It isn't of a type that is taken: this one. Nothing of it was read.
    Type(String),
    /// The service sends its callers elsewhere for it.
    Elsewhere,
    /// The service gives it only as a whole, and the part begins too far in.
    TooFar,
    /// What the status, the silence or the answer means.
    Trouble(TroubleKind),
}

impl From<TroubleKind> for PartFault {
    fn from(kind: TroubleKind) -> Self {
        Self::Trouble(kind)
    }
}

impl Transport {
    /// Reads at most `most` bytes from `from` on, of an answer whose type `takes` accepts.
    ///
    /// # Errors
    /// [`PartFault`]
    pub(in crate::backend) async fn part(
        &self,
        mut request: Filled,
        (from, most): (u64, usize),
        takes: &(dyn Fn(&str) -> bool + Send + Sync),
        identity: &Identity,
        sent: &mut Sent,
    ) -> Result<Part, PartFault> {
        let upto = u64::try_from(most).ok().and_then(|most| from.checked_add(most));
        // One byte more tells whether there is more.
        let upto = upto.ok_or(PartFault::TooFar)?;
        let header = |text: &str| HeaderValue::from_str(text).map_err(|_| PartFault::TooFar);
        request.headers.extend([
            (ACCEPT, HeaderValue::from_static(TAKEN)),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            (RANGE, header(&format!("bytes={from}-{upto}"))?),
        ]);
        let wanted = Wanted::Part(WantedPart { from, most, takes });
        match self.fetch(request, None, wanted, identity, sent).await? {
            Got::Part(part) => part,
            Got::Whole(_) => Err(TroubleKind::BadAnswer.into()),
        }
    }

    /// One attempt. What the service can't be blamed for is in the inner end.
    pub(super) async fn receive_part(
        &self,
        request: Request<Full<Bytes>>,
        wanted: WantedPart<'_>,
        ends: Instant,
        sent: &mut Sent,
    ) -> Result<Result<Part, PartFault>, Ended> {
        let response = self.execute(request, ends).await?;
        let WantedPart { from, most, takes } = wanted;
        let (status, headers) = (response.status(), response.headers().clone());
        sent.status = Some(status.as_u16());
        let range = text(&headers, &CONTENT_RANGE).and_then(content_range);
        let (skip, size) = match (status, range) {
            (StatusCode::OK, _) => (from, response.content_length()),
            (StatusCode::PARTIAL_CONTENT, Some((Some(start), size))) if start == from => (0, size),
            (StatusCode::RANGE_NOT_SATISFIABLE, range) => {
                let size = range.and_then(|(_, size)| size);
                return Ok(Ok(Part { bytes: Bytes::new(), size, ended: true, content_type: None }));
            }
            (status, _) if status.is_redirection() => return Ok(Err(PartFault::Elsewhere)),
            (status, _) if status.is_success() => return Ok(Err(TroubleKind::BadAnswer.into())),
            (status, _) => return Err(self.refused(status, &headers, &[], &[].into())),
        };
        let content_type = text(&headers, &CONTENT_TYPE).unwrap_or_default().to_owned();
        if !takes(&content_type) {
            return Ok(Err(PartFault::Type(content_type)));
        }
        let coded = text(&headers, &CONTENT_ENCODING);
        if coded.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Ok(Err(TroubleKind::BadAnswer.into()));
        }
        let skip = usize::try_from(skip).ok().filter(|skip| *skip <= self.settings.max_answer);
        let Some(skip) = skip else { return Ok(Err(PartFault::TooFar)) };
        let read = timeout_at(ends, take(response, skip, most)).await;
        let (bytes, ended) = read.unwrap_or_else(|_| Err(Ended::without_answer(false, true)))?;
        Ok(Ok(Part { bytes, size, ended, content_type: Some(content_type) }))
    }
}

/// The bytes from `skip` on, `most` of them at most, and whether there are no more.
async fn take(response: Answer, mut skip: usize, most: usize) -> Result<(Bytes, bool), Ended> {
    let mut bytes = BytesMut::new();
    let mut chunks = response.into_stream();
    while let Some(chunk) = chunks.next().await {
        let mut chunk = chunk.map_err(|_| Ended::without_answer(false, false))?;
        let past = skip.min(chunk.len());
        skip -= past;
        let mut chunk = chunk.split_off(past);
        let room = most - bytes.len();
        let ended = chunk.len() <= room;
        chunk.truncate(room);
        bytes.extend_from_slice(&chunk);
        if !ended {
            // Dropped unread, the connection goes with it.
            return Ok((bytes.freeze(), false));
        }
    }
    Ok((bytes.freeze(), true))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `bytes A-B/SIZE`, `bytes A-B/*` or `bytes */SIZE` (RFC 9110 §14.4): where it begins, and the size.
fn content_range(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
    Some((start, size.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_written() {
        assert_eq!(content_range("bytes 0-9/100"), Some((Some(0), Some(100))));
        assert_eq!(content_range("bytes 5-9/*"), Some((Some(5), None)));
        assert_eq!(content_range("bytes */7"), Some((None, Some(7))));
        for odd in ["", "bytes", "bytes 1-2", "items 1-2/3"] {
            assert_eq!(content_range(odd), None, "{odd}");
        }
    }
}

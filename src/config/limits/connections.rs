//! `[limits.connections]`: how many there may be, and what each may take.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Connections, and what each may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// How many there may be; none: as the process's limit of open files allows.
    pub most: Option<usize>,
    /// From a connection's or a request's first byte to the end of the request's head.
    pub header_deadline: Duration,
    /// Without a request. It is longer than clients and proxies keep idle connections: one that is
    /// closed just as it is used again loses a request.
    pub idle: Duration,
    /// How long an answer waits for a reader who doesn't read.
    pub reader_deadline: Duration,
    /// HTTP/2: requests at once (RFC 9113 §5.1.2).
    pub h2_streams: u32,
    /// HTTP/2: bytes of one request's body that may be on their way (RFC 9113 §5.2).
    pub h2_window: u32,
    /// HTTP/2: requests that were reset before they were looked at (CVE-2023-44487).
    pub h2_resets: usize,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConnections {
    /// Connections that may be open; 0: as many as the limit of open files allows.
    /// `OSIER_LIMITS__CONNECTIONS__MOST`
    #[validate(range(max = 1_000_000))]
    most: u32,
    /// Seconds from a request's first byte to the end of its head.
    /// `OSIER_LIMITS__CONNECTIONS__HEADER_DEADLINE`
    #[validate(range(min = 1, max = 300))]
    header_deadline: u32,
    /// Seconds that a connection may be idle; more than the proxies and clients in front keep theirs.
    /// `OSIER_LIMITS__CONNECTIONS__IDLE`
    #[validate(range(min = 1, max = 3600))]
    idle: u32,
    /// Seconds that an answer waits for a reader who doesn't read, before it is cut.
    /// `OSIER_LIMITS__CONNECTIONS__READER_DEADLINE`
    #[validate(range(min = 1, max = 300))]
    reader_deadline: u32,
    /// Requests at once on one HTTP/2 connection. `OSIER_LIMITS__CONNECTIONS__H2_STREAMS`
    #[validate(range(min = 1, max = 10_000))]
    h2_streams: u32,
    /// Bytes of a body that one HTTP/2 request may send ahead. `OSIER_LIMITS__CONNECTIONS__H2_WINDOW`
    #[validate(range(min = 16_384, max = 16_777_216))]
    h2_window: u32,
    /// Requests that one HTTP/2 connection may reset before they are looked at, before it is ended.
    /// `OSIER_LIMITS__CONNECTIONS__H2_RESETS`
    #[validate(range(min = 1, max = 10_000))]
    h2_resets: u32,
}

impl Default for RawConnections {
    fn default() -> Self {
        Self {
            most: 0,
            header_deadline: 10,
            idle: 75,
            reader_deadline: 30,
            h2_streams: 100,
            h2_window: 65_536,
            h2_resets: 20,
        }
    }
}

impl Default for Connections {
    fn default() -> Self {
        RawConnections::default().resolve()
    }
}

impl RawConnections {
    pub(super) fn resolve(self) -> Connections {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let seconds = |number: u32| Duration::from_secs(number.into());
        Connections {
            most: Some(size(self.most)).filter(|most| *most > 0),
            header_deadline: seconds(self.header_deadline),
            idle: seconds(self.idle),
            reader_deadline: seconds(self.reader_deadline),
            h2_streams: self.h2_streams,
            h2_window: self.h2_window,
            h2_resets: size(self.h2_resets),
        }
    }
}

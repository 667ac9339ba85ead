//! `[limits]`: how much one call may take and give, how often and how many at once. What each limit
//! is answered with is in `docs/LIMITS.md`.

mod connections;

use std::num::NonZeroU32;
use std::thread::available_parallelism;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

pub use connections::Connections;

use crate::admission::{Bound, Quota};
use connections::RawConnections;

/// How many requests wait for a place, as a share of the places.
const WAITING: usize = 2;
/// Places for requests and calls at once, for each core, and at least.
const PER_CORE: usize = 128;
const AT_LEAST: usize = 512;

/// How much one call may take and give, how often and how many at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most characters of a result, its text and its structured content together.
    pub max_result_chars: usize,
    /// How long one run of the pipeline may take; a person's thinking doesn't count.
    pub call_deadline: Duration,
    /// How often one person may send messages.
    pub person: Quota,
    /// How often one tool may be called, by all people together.
    pub tool: Quota,
    /// How often messages may come, of all people together.
    pub overall: Quota,
    /// How many requests are answered at once, and how many calls run at once.
    pub in_flight: Bound,
    /// The same of one person; nobody waits for these.
    pub in_flight_per_person: usize,
    /// How many tokens that aren't known are judged in a minute, from one address.
    pub tokens_per_minute: NonZeroU32,
    /// The same from all addresses together.
    pub tokens_per_minute_overall: NonZeroU32,
    /// Sessions of one person; one more ends the one that was used the longest ago.
    pub sessions_per_person: usize,
    /// Sessions of all people together.
    pub sessions: usize,
    /// Event streams of one person.
    pub streams_per_person: usize,
    /// Event streams of all people together.
    pub streams: usize,
    /// Subscriptions of one person, each of which is a stream.
    pub subscriptions_per_person: usize,
    /// From the end of a request's head to the end of its body.
    pub body_deadline: Duration,
    /// Connections and what each may take.
    pub connections: Connections,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimits {
    /// Most characters of a result, text and structured content together; a longer page ends early
    /// with a cursor. `OSIER_LIMITS__MAX_RESULT_CHARS`
    #[validate(range(min = 2000, max = 1_000_000))]
    max_result_chars: u32,
    /// Seconds that one call may take, without the time in which a person decides.
    /// `OSIER_LIMITS__CALL_DEADLINE`
    #[validate(range(min = 1, max = 300))]
    call_deadline: u32,
    /// MCP messages that one person may send at once, after a pause. `OSIER_LIMITS__PERSON_BURST`
    #[validate(range(min = 1, max = 1_000_000))]
    person_burst: u32,
    /// MCP messages a second of one person; 0 doesn't limit them.
    /// `OSIER_LIMITS__PERSON_PER_SECOND`
    #[validate(range(max = 1_000_000))]
    person_per_second: u32,
    /// Calls of one tool at once, after a pause, by all people together.
    /// `OSIER_LIMITS__TOOL_BURST`
    #[validate(range(min = 1, max = 1_000_000))]
    tool_burst: u32,
    /// Calls of one tool a second, by all people together; 0 doesn't limit them.
    /// `OSIER_LIMITS__TOOL_PER_SECOND`
    #[validate(range(max = 1_000_000))]
    tool_per_second: u32,
    /// MCP messages of all people together at once, after a pause.
    /// `OSIER_LIMITS__OVERALL_BURST`
    #[validate(range(min = 1, max = 1_000_000))]
    overall_burst: u32,
    /// MCP messages a second of all people together; 0 doesn't limit them.
    /// `OSIER_LIMITS__OVERALL_PER_SECOND`
    #[validate(range(max = 1_000_000))]
    overall_per_second: u32,
    /// Requests that are answered at once, and calls that run at once, at most; 0: 128 for each core, at
    /// least 512. There are fewer while the processor doesn't keep up. `OSIER_LIMITS__IN_FLIGHT`
    #[validate(range(max = 100_000))]
    in_flight: u32,
    /// The same of one person. `OSIER_LIMITS__IN_FLIGHT_PER_PERSON`
    #[validate(range(min = 1, max = 100_000))]
    in_flight_per_person: u32,
    /// Milliseconds that a request waits for its turn where as many are in flight as may be; half as
    /// many as may be in flight wait. `OSIER_LIMITS__MAX_WAIT_MS`
    #[validate(range(max = 10_000))]
    max_wait_ms: u32,
    /// Tokens that weren't seen before, judged in a minute from one address.
    /// `OSIER_LIMITS__TOKENS_PER_MINUTE`
    #[validate(range(min = 1, max = 10_000_000))]
    tokens_per_minute: u32,
    /// The same from all addresses together. `OSIER_LIMITS__TOKENS_PER_MINUTE_OVERALL`
    #[validate(range(min = 1, max = 10_000_000))]
    tokens_per_minute_overall: u32,
    /// Sessions of one person, in protocol versions before 2026-07-28; one more ends the one that was
    /// used the longest ago. `OSIER_LIMITS__SESSIONS_PER_PERSON`
    #[validate(range(min = 1, max = 100_000))]
    sessions_per_person: u32,
    /// Sessions of all people together. `OSIER_LIMITS__SESSIONS`
    #[validate(range(min = 1, max = 1_000_000))]
    sessions: u32,
    /// Event streams that one person has open. `OSIER_LIMITS__STREAMS_PER_PERSON`
    #[validate(range(min = 1, max = 100_000))]
    streams_per_person: u32,
    /// Event streams of all people together. `OSIER_LIMITS__STREAMS`
    #[validate(range(min = 1, max = 1_000_000))]
    streams: u32,
    /// Subscriptions to changes that one person has open. `OSIER_LIMITS__SUBSCRIPTIONS_PER_PERSON`
    #[validate(range(min = 1, max = 100_000))]
    subscriptions_per_person: u32,
    /// Seconds that a request's body may take to arrive. `OSIER_LIMITS__BODY_DEADLINE`
    #[validate(range(min = 1, max = 300))]
    body_deadline: u32,
    /// `[limits.connections]`
    #[validate(nested)]
    connections: RawConnections,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            max_result_chars: 40_000,
            call_deadline: 30,
            person_burst: 500,
            person_per_second: 50,
            tool_burst: 1000,
            tool_per_second: 200,
            overall_burst: 5000,
            overall_per_second: 2000,
            in_flight: 0,
            in_flight_per_person: 256,
            max_wait_ms: 20,
            tokens_per_minute: 1000,
            tokens_per_minute_overall: 10_000,
            sessions_per_person: 32,
            sessions: 10_000,
            streams_per_person: 256,
            streams: 10_000,
            subscriptions_per_person: 32,
            body_deadline: 10,
            connections: RawConnections::default(),
        }
    }
}

impl RawLimits {
    pub(super) fn resolve(self) -> Limits {
        let in_flight = match size(self.in_flight) {
            0 => {
                let cores = available_parallelism().map_or(1, std::num::NonZero::get);
                (cores * PER_CORE).max(AT_LEAST)
            }
            most => most,
        };
        Limits {
            max_result_chars: size(self.max_result_chars),
            call_deadline: Duration::from_secs(self.call_deadline.into()),
            person: Quota { burst: self.person_burst, per_second: self.person_per_second },
            tool: Quota { burst: self.tool_burst, per_second: self.tool_per_second },
            overall: Quota { burst: self.overall_burst, per_second: self.overall_per_second },
            in_flight: Bound {
                most: in_flight,
                waiting: in_flight.div_ceil(WAITING),
                patience: Duration::from_millis(self.max_wait_ms.into()),
            },
            in_flight_per_person: size(self.in_flight_per_person),
            tokens_per_minute: at_least_one(self.tokens_per_minute),
            tokens_per_minute_overall: at_least_one(self.tokens_per_minute_overall),
            sessions_per_person: size(self.sessions_per_person),
            sessions: size(self.sessions),
            streams_per_person: size(self.streams_per_person),
            streams: size(self.streams),
            subscriptions_per_person: size(self.subscriptions_per_person),
            body_deadline: Duration::from_secs(self.body_deadline.into()),
            connections: self.connections.resolve(),
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

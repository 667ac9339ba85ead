//! From replica to replica: a request whose session another one holds is handed over whole, and what
//! that one answers is streamed back. `leave` is the end where it came in, `take` the owner's, on a
//! listener of its own.
//!
//! The person's token goes along sealed, with a digest of the request: whoever else may be at that
//! address learns nothing, and nothing but a replica with the same keys can ask, or answer. The owner
//! validates the token again.

mod leave;
mod take;

pub use leave::{Forwarder, leave};
pub use take::{Taker, take};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use http::{HeaderName, Method};
use serde::{Deserialize, Serialize};
use url::Url;

/// Carries the sealed [`Handover`]. On the public listener it is stripped like all that vouches.
const HANDOVER: HeaderName = HeaderName::from_static("osier-handover");
/// Carries the sealed proof that a replica took it.
const TAKEN: HeaderName = HeaderName::from_static("osier-taken");
/// How far the clocks of two replicas may be apart, the way between them included, in seconds.
const APART: u64 = 60;

/// A request's session is at the replica with this address.
#[derive(Clone)]
pub struct Elsewhere(pub Url);

/// What is handed over beside the request itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handover {
    /// The person's access token.
    token: String,
    /// For whom: the owner's address.
    to: String,
    /// What it was made for.
    digest: String,
    /// Made for this one handover; the owner gives it back.
    nonce: String,
    /// When it was made, in unix seconds.
    at: u64,
}

/// Method, session's name, last event and body: what a handover is good for.
fn digest_of(method: &Method, name: &[u8], last_event: &[u8], body: &[u8]) -> String {
    let mut all = digest::Context::new(&digest::SHA256);
    for part in [method.as_str().as_bytes(), name, last_event, body] {
        all.update(&(part.len() as u64).to_be_bytes());
        all.update(part);
    }
    HEXLOWER.encode(all.finish().as_ref())
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

//! Only `Backends::execute` brings a service's answer.

use osier::backend::{Body, RawResult};
use osier::confirm::Consent;
use osier::request::Position;

fn forge(consent: Consent) -> RawResult {
    RawResult { consent, at: Position::start(), body: Body::Nothing }
}

fn main() {}

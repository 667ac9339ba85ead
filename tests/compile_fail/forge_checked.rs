//! Only `request::check` checks arguments.

use osier::access::Permit;
use osier::request::{Checked, Position};

fn forge(permit: Permit) -> Checked {
    Checked {
        permit,
        arguments: serde_json::Map::new(),
        digest: String::new(),
        position: Position::start(),
    }
}

fn main() {}

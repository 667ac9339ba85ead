//! What belongs to people isn't serialized by accident, into an audit line or an attribute.

use osier::private::Private;

fn tell(arguments: &Private<serde_json::Value>) -> String {
    serde_json::to_string(arguments).unwrap_or_default()
}

fn main() {}

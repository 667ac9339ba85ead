//! Only `response` makes what may leave.

use osier::response::Outcome;

fn forge() -> Outcome {
    Outcome { structured: None, content: Vec::new(), is_error: false }
}

fn main() {}

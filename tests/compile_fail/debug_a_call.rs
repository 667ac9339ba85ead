//! What a client wrote isn't formatted, not even for debugging: a call, an answer, what came back.

use osier::backend::Body;
use osier::call::{Answer, Call};

fn tell(call: &Call, answer: &Answer, body: &Body) -> String {
    format!("{call:?} {answer:?} {body:?}")
}

fn main() {}

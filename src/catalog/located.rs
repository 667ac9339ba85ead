//! From a parsed definition file to its raw type, with the line of what doesn't fit.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::document::{Document, Problems};

/// Reads the whole document as one raw definition. What is wrong with its shape is reported at the
/// nearest line that the file has.
pub(super) fn read<T: DeserializeOwned>(document: &Document, problems: &mut Problems) -> Option<T> {
    let value = document.value().clone();
    match serde_path_to_error::deserialize(value) {
        Ok(raw) => Some(raw),
        Err(error) => {
            let spot = error.path().iter().fold(document.root(), |spot, segment| match segment {
                Segment::Seq { index } => spot.child(index),
                Segment::Map { key } => spot.child(key),
                Segment::Enum { .. } | Segment::Unknown => spot,
            });
            spot.problem(problems, error.inner());
            None
        }
    }
}

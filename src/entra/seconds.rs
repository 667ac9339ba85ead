//! A number of seconds in an answer, as Entra writes it or, as B2C and the metadata service do, as text.

use serde::{Deserialize, Serialize};

/// Whole seconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(try_from = "Written")]
pub(super) struct Seconds(pub(super) u64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for Seconds {
    type Error = std::num::ParseIntError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Number(seconds) => Ok(Self(seconds)),
            Written::Text(text) => text.parse().map(Self),
        }
    }
}

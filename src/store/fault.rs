//! What can go wrong with the store, told apart by who mends it: time, or a person. What the drivers
//! say is for the log; it never holds the URL, a password or a value.

use std::io::ErrorKind;

use sqlx::migrate::MigrateError;

/// The store gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// It can't be reached, is starting or busy, or took too long. Whether the statement was carried
    /// out isn't known.
    #[error("the store doesn't answer: {0}")]
    Unavailable(String),
    /// It answers and can't be used as it stands.
    #[error("the store can't be used: {0}")]
    Refused(String),
    /// It holds as much as it may.
    #[error("the store is full")]
    Full,
}

impl StoreFault {
    /// The fault's class, as `/readyz` says it.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "no answer",
            Self::Refused(_) => "refused",
            Self::Full => "full",
        }
    }

    pub(super) fn late() -> Self {
        Self::Unavailable("it took too long".to_owned())
    }
}

impl From<sqlx::Error> for StoreFault {
    fn from(error: sqlx::Error) -> Self {
        let may_pass = match &error {
            sqlx::Error::Database(error) => error.code().is_some_and(|code| passes(&code)),
            // What isn't the protocol, a certificate that isn't trusted among it.
            sqlx::Error::Io(error) => error.kind() != ErrorKind::InvalidData,
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Protocol(_) => true,
            _ => false,
        };
        if may_pass {
            Self::Unavailable(error.to_string())
        } else {
            Self::Refused(error.to_string())
        }
    }
}

impl From<MigrateError> for StoreFault {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// SQLSTATE classes of PostgreSQL (connection, resources, operator, system) and primary result codes
/// of SQLite (busy, locked, interrupt, I/O, full disk) that need no person.
fn passes(code: &str) -> bool {
    const CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
    const RESULTS: [u32; 5] = [5, 6, 9, 10, 13];
    match code.parse::<u32>() {
        // An extended result code holds the primary one in its lowest byte.
        Ok(result) if code.len() < 5 => RESULTS.contains(&(result & 0xff)),
        _ => CLASSES.iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_pass_are_told_from_those_that_a_person_mends() {
        for code in ["5", "6", "13", "261", "517", "08006", "40P01", "53300", "57P03", "58030"] {
            assert!(passes(code), "{code}");
        }
        for code in ["1", "14", "26", "2067", "28P01", "3D000", "42501", "42P07", "23505"] {
            assert!(!passes(code), "{code}");
        }
    }
}

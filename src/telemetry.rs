//! What the process says of itself, other than audit records: log lines ([`start`]), metrics
//! ([`meters`]) and traces. `docs/TELEMETRY.md` lists them.
//!
//! Every module may say something in one line; nothing here is ever waited for, and nothing that a
//! caller wrote gets in: attributes are closed sets, or names of the configuration and the catalog.

mod export;
mod instruments;
mod labels;
mod logs;
mod meters;
mod names;
mod process;
mod records;
mod spans;
mod tools;

pub use export::{Exports, prometheus_text};
pub use instruments::{INSTRUMENTS, Instrument, Kind};
pub use labels::{Answer, Cached, CallStatus, Done, Label, Limit, Looked, Signal};
pub use logs::{log_by, start, subscriber};
pub use meters::{Meters, Open, known_method, meters};
pub use records::records_written;
pub use spans::{Side, Span, Trace};

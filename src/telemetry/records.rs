//! Copies of audit records for a collector, where it is to have them: each line as it was written, so that
//! it can be verified there too. The sink's own lines are the evidence; nothing waits for these.

use std::sync::OnceLock;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, Severity};
use opentelemetry_sdk::logs::SdkLogger;

static LOGGER: OnceLock<SdkLogger> = OnceLock::new();

/// Their name at the collector.
const EVENT: &str = "osier.audit";

/// Sends copies here from now on.
pub(super) fn copy_to(logger: SdkLogger) {
    // A second one in a process would never be asked.
    let _ = LOGGER.set(logger);
}

/// Copies whole lines, each with the break at its end.
pub fn records_written(lines: &[u8]) {
    let Some(logger) = LOGGER.get() else { return };
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut record = logger.create_log_record();
        record.set_event_name(EVENT);
        record.set_severity_number(Severity::Info);
        record.set_body(AnyValue::from(String::from_utf8_lossy(line).into_owned()));
        logger.emit(record);
    }
}

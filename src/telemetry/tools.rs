//! What is counted for each tool. Names come from the catalog: a name that a caller made up has no
//! tool, and is counted as "other".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Histogram};

use super::instruments::key;
use super::labels::{CallStatus, Label};
use super::names::{Names, OTHER};

/// How many tools have series of their own, in each of so many services.
const TOOLS: usize = 2_000;
const SERVICES: usize = 200;

/// What is counted, by service and name.
pub(super) struct Tools(Names<Names<Tool>>);

struct Tool {
    attributes: [KeyValue; 2],
    ended: [AtomicU64; CallStatus::COUNT],
}

impl Tools {
    pub(super) fn new() -> Self {
        let tools = Names::new(SERVICES);
        // Every end has a series from the start, so that a share of none is 0 and not nothing.
        tools.of(OTHER, |_| Names::new(TOOLS)).of(OTHER, |_| Tool::new(OTHER, OTHER));
        Self(tools)
    }

    /// A call that ended.
    pub(super) fn ended(
        &self,
        (service, name): (&str, &str),
        status: CallStatus,
        took: Duration,
        durations: Option<&Histogram<f64>>,
    ) {
        let tool =
            self.0.of(service, |_| Names::new(TOOLS)).of(name, |name| Tool::new(service, name));
        if let Some(count) = tool.ended.get(status.place()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(durations) = durations {
            durations.record(took.as_secs_f64(), &tool.attributes);
        }
    }

    /// Hands over what was counted.
    pub(super) fn observe(&self, observer: &dyn AsyncInstrument<u64>) {
        for tool in self.0.all().into_iter().flat_map(|service| service.all()) {
            let [name, service] = &tool.attributes;
            let others = name.value.as_str() == OTHER;
            for (status, count) in CallStatus::ALL.iter().zip(&tool.ended) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 || others {
                    let status = KeyValue::new(key::STATUS, status.name());
                    observer.observe(count, &[name.clone(), service.clone(), status]);
                }
            }
        }
    }
}

impl Tool {
    fn new(service: &str, name: &str) -> Self {
        let value = |text: &str| if text == OTHER { OTHER.into() } else { Arc::<str>::from(text) };
        let attributes =
            [KeyValue::new(key::TOOL, value(name)), KeyValue::new(key::SERVICE, value(service))];
        Self { attributes, ended: [const { AtomicU64::new(0) }; CallStatus::COUNT] }
    }
}

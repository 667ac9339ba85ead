//! `[telemetry]`: where metrics, traces and logs go besides the log on standard error. Off until a
//! collector or a listener is named. A collector's headers are secrets.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use validator::Validate;

use super::network::read_service_url;
use super::problems::Report;

/// Where metrics, traces and logs go.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    /// The collector, if there is one.
    pub otlp: Option<Otlp>,
    /// Where `GET /metrics` is answered, if anywhere.
    pub prometheus_listen: Option<SocketAddr>,
    /// What a reader sees as `service.name` and further attributes of the resource.
    pub service_name: String,
}

/// An `OpenTelemetry` collector.
#[derive(Clone, Debug)]
pub struct Otlp {
    /// Its base URL; over HTTP the signals' paths follow below it.
    pub endpoint: Url,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What it is sent besides.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// What it is sent.
    pub signals: Vec<Signal>,
    /// The share of traces that begin here and are recorded; a caller's own choice is followed.
    pub sampling: f64,
    /// Between two exports of metrics.
    pub interval: Duration,
}

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OTLP/gRPC.
    #[default]
    Grpc,
    /// OTLP/HTTP with protobuf bodies.
    Http,
}

/// What a collector is sent.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// Spans.
    Traces,
    /// Measurements.
    Metrics,
    /// Log lines.
    Logs,
    /// A copy of each audit record, as a log record. They say who did what.
    Audit,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTelemetry {
    /// The collector's URL, such as `http://localhost:4317` for gRPC or `http://localhost:4318` for
    /// HTTP; without it nothing is sent. `OSIER_TELEMETRY__OTLP_ENDPOINT`
    otlp_endpoint: Option<String>,
    /// How the collector is spoken to. `OSIER_TELEMETRY__OTLP_PROTOCOL`
    otlp_protocol: Protocol,
    /// Secret. Headers for the collector: `name=value`, several with commas between.
    /// `OSIER_TELEMETRY__OTLP_HEADERS` or `OSIER_TELEMETRY__OTLP_HEADERS_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    otlp_headers: Option<SecretString>,
    /// What the collector is sent. `OSIER_TELEMETRY__SIGNALS`
    signals: Vec<Signal>,
    /// The share of traces that are recorded, from 0 to 1, where the caller's trace doesn't say
    /// whether it is. `OSIER_TELEMETRY__SAMPLING`
    #[validate(range(min = 0.0, max = 1.0))]
    sampling: f64,
    /// Seconds between two exports of metrics. `OSIER_TELEMETRY__INTERVAL`
    #[validate(range(min = 1, max = 3600))]
    interval: u32,
    /// True where the collector is inside a private network: then it may have a private address and
    /// be spoken to without TLS. `OSIER_TELEMETRY__ALLOW_PRIVATE_NETWORK`
    allow_private_network: bool,
    /// Address and port on which `GET /metrics` is answered in Prometheus's text format, such as
    /// 127.0.0.1:9464. Nobody is asked who they are there. `OSIER_TELEMETRY__PROMETHEUS_LISTEN`
    prometheus_listen: Option<String>,
    /// The name under which metrics, traces and logs are kept. `OSIER_TELEMETRY__SERVICE_NAME`
    service_name: String,
}

impl Default for RawTelemetry {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            otlp_protocol: Protocol::default(),
            otlp_headers: None,
            signals: vec![Signal::Traces, Signal::Metrics, Signal::Logs],
            sampling: 1.0,
            interval: 60,
            allow_private_network: false,
            prometheus_listen: None,
            service_name: "osier".to_owned(),
        }
    }
}

impl RawTelemetry {
    pub(super) fn resolve(
        self,
        listen: Option<SocketAddr>,
        report: &mut Report,
    ) -> Option<Telemetry> {
        let key = "telemetry.prometheus_listen";
        let prometheus_listen = match self.prometheus_listen.as_deref().map(str::parse) {
            None => None,
            Some(Ok(address)) if Some(address) == listen => {
                report.say(key, "is server.listen: metrics have an address of their own");
                return None;
            }
            Some(Ok(address)) => Some(address),
            Some(Err(_)) => {
                report.say(key, "must be an IP address and a port, such as 127.0.0.1:9464");
                return None;
            }
        };
        let headers = match &self.otlp_headers {
            Some(text) => read_headers(report, text)?,
            None => Vec::new(),
        };
        let otlp = match &self.otlp_endpoint {
            None => None,
            Some(text) => Some(Otlp {
                endpoint: read_service_url(
                    report,
                    "telemetry.otlp_endpoint",
                    text,
                    self.allow_private_network,
                )?,
                protocol: self.otlp_protocol,
                headers,
                signals: self.signals,
                sampling: self.sampling,
                interval: Duration::from_secs(self.interval.into()),
            }),
        };
        Some(Telemetry { otlp, prometheus_listen, service_name: self.service_name })
    }
}

/// `name=value,name=value`, as the `OpenTelemetry` environment variables write them.
fn read_headers(
    report: &mut Report,
    text: &SecretString,
) -> Option<Vec<(HeaderName, SecretString)>> {
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = HeaderName::try_from(name.trim()).ok()?;
        HeaderValue::try_from(value.trim()).ok()?;
        Some((name, value.trim().to_owned().into()))
    };
    let headers: Option<Vec<_>> = pairs.map(read).collect();
    if headers.is_none() {
        report.say("telemetry.otlp_headers", "must be name=value, several with commas between");
    }
    headers
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;
    use crate::config::{Config, Environment, Problems};
    use crate::seal::random_bytes;

    const DEMO: &str = include_str!("../../config/demo.toml");

    fn read(settings: &[(&str, &str)]) -> Result<Telemetry, Problems> {
        let key = BASE64.encode(&random_bytes::<32>().unwrap());
        let environment = settings.iter().fold(
            Environment::default().with("OSIER_KEYS__CURRENT", key),
            |environment, (name, value)| {
                environment.with(format!("OSIER_TELEMETRY__{name}"), *value)
            },
        );
        Config::parse("osier.toml", DEMO, &environment).map(|config| config.telemetry)
    }

    #[test]
    fn it_is_off_by_default() {
        let telemetry = read(&[]).unwrap();
        assert!(telemetry.otlp.is_none() && telemetry.prometheus_listen.is_none());
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let given = [
            ("OTLP_ENDPOINT", "https://otlp.example.com"),
            ("OTLP_HEADERS", "authorization=Bearer hunter2, x-tenant = a"),
            ("OTLP_PROTOCOL", "http"),
            ("SIGNALS", "traces"),
        ];
        let telemetry = read(&given).unwrap();
        assert!(!format!("{telemetry:?}").contains("hunter2"));
        let otlp = telemetry.otlp.unwrap();
        assert_eq!((otlp.protocol, otlp.signals), (Protocol::Http, vec![Signal::Traces]));
        assert_eq!(otlp.headers[0].1.expose_secret(), "Bearer hunter2");
        assert_eq!(otlp.headers[1].0, "x-tenant");
        let bad = read(&[("OTLP_HEADERS", "hunter2")]).unwrap_err().to_string();
        insta::assert_snapshot!(bad, @"OSIER_TELEMETRY__OTLP_HEADERS: telemetry.otlp_headers: must be name=value, several with commas between");
    }

    #[test]
    fn bad_addresses_are_refused() {
        let says = |name, value| read(&[(name, value)]).unwrap_err().to_string();
        insta::assert_snapshot!(says("PROMETHEUS_LISTEN", "127.0.0.1:8080"), @"OSIER_TELEMETRY__PROMETHEUS_LISTEN: telemetry.prometheus_listen: is server.listen: metrics have an address of their own");
        insta::assert_snapshot!(says("PROMETHEUS_LISTEN", "9464"), @"OSIER_TELEMETRY__PROMETHEUS_LISTEN: telemetry.prometheus_listen: must be an IP address and a port, such as 127.0.0.1:9464");
        insta::assert_snapshot!(says("OTLP_ENDPOINT", "http://10.0.0.1:4317"), @"OSIER_TELEMETRY__OTLP_ENDPOINT: telemetry.otlp_endpoint: points to a loopback or private address; if that is meant, set allow_private_network = true in this section");
    }
}

//! The way to the collector: OTLP/HTTP through the program's own client, or OTLP/gRPC through one
//! connection with the program's own TLS settings.

use std::collections::HashMap;

use anyhow::Context as _;
use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::{
    LogExporter, MetricExporter, Protocol as Wire, SpanExporter, WithExportConfig as _,
    WithHttpConfig as _, WithTonicConfig as _,
};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tonic::transport::{Channel, Endpoint};

use super::PATIENCE;
use super::http_client::Post;
use crate::config::{Otlp, Protocol};
use crate::outbound::{self, Limits, Reach};

/// The way.
pub(super) enum Way {
    /// Protobuf bodies, each signal at a path of its own.
    Http { base: String, client: Post, headers: HashMap<String, String> },
    /// gRPC.
    Grpc { channel: Channel, metadata: MetadataMap },
}

impl Way {
    /// To this collector. Inside the exporters' runtime; nothing is sent yet.
    pub(super) fn to(otlp: &Otlp) -> anyhow::Result<Self> {
        let headers = otlp.headers.iter();
        match otlp.protocol {
            Protocol::Http => {
                let limits = Limits::calls(PATIENCE, Reach::Private);
                let client = outbound::client(&limits).context("telemetry.otlp_endpoint")?;
                let base = otlp.endpoint.as_str().trim_end_matches('/').to_owned();
                let headers = headers
                    .map(|(name, value)| (name.to_string(), value.expose_secret().to_owned()));
                let client = Post { client, runtime: Handle::current(), patience: PATIENCE };
                Ok(Self::Http { base, client, headers: headers.collect() })
            }
            Protocol::Grpc => {
                let endpoint = Endpoint::from_shared(otlp.endpoint.to_string())
                    .context("telemetry.otlp_endpoint")?
                    .connect_timeout(PATIENCE)
                    .timeout(PATIENCE);
                let connector = outbound::connector().context("telemetry.otlp_endpoint")?;
                let channel = endpoint.connect_with_connector_lazy(connector);
                let mut metadata = http::HeaderMap::new();
                for (name, value) in headers {
                    let mut value = http::HeaderValue::try_from(value.expose_secret())?;
                    value.set_sensitive(true);
                    metadata.insert(name.clone(), value);
                }
                Ok(Self::Grpc { channel, metadata: MetadataMap::from_headers(metadata) })
            }
        }
    }

    pub(super) fn spans(&self) -> anyhow::Result<SpanExporter> {
        Ok(match self {
            Self::Http { base, client, headers } => SpanExporter::builder()
                .with_http()
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_protocol(Wire::HttpBinary)
                .with_endpoint(format!("{base}/v1/traces"))
                .with_timeout(PATIENCE)
                .build()?,
            Self::Grpc { channel, metadata } => SpanExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(PATIENCE)
                .build()?,
        })
    }

    pub(super) fn logs(&self) -> anyhow::Result<LogExporter> {
        Ok(match self {
            Self::Http { base, client, headers } => LogExporter::builder()
                .with_http()
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_protocol(Wire::HttpBinary)
                .with_endpoint(format!("{base}/v1/logs"))
                .with_timeout(PATIENCE)
                .build()?,
            Self::Grpc { channel, metadata } => LogExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(PATIENCE)
                .build()?,
        })
    }

    pub(super) fn metrics(&self) -> anyhow::Result<MetricExporter> {
        Ok(match self {
            Self::Http { base, client, headers } => MetricExporter::builder()
                .with_http()
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_protocol(Wire::HttpBinary)
                .with_endpoint(format!("{base}/v1/metrics"))
                .with_timeout(PATIENCE)
                .build()?,
            Self::Grpc { channel, metadata } => MetricExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(PATIENCE)
                .build()?,
        })
    }
}

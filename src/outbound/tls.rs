//! The TLS settings that clients share: reading the machine's certificates takes longer than all the
//! rest of making a client, and there is one for each service.

use std::sync::OnceLock;

use hyper_rustls::builderstates::WantsProtocols1;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::NoClient;

/// Connections for OTLP over gRPC, which speaks HTTP/2 and isn't reqwest's: the same certificates, and
/// plain text where the URL says so.
///
/// # Errors
/// Where the machine's certificates can't be read.
pub fn connector() -> Result<HttpsConnector<HttpConnector>, NoClient> {
    Ok(builder()?.enable_http2().build())
}

/// Connections with the machine's own certificates, and plain text where the URL says so; the versions of
/// HTTP are for the caller to say.
pub(super) fn builder() -> Result<HttpsConnectorBuilder<WantsProtocols1>, NoClient> {
    super::install_crypto();
    let mut settings = shared().ok_or(NoClient)?;
    // The builder says which versions there are.
    settings.alpn_protocols.clear();
    Ok(HttpsConnectorBuilder::new().with_tls_config(settings).https_or_http())
}

/// The settings with the machine's own certificates; none where these can't be read, which making a
/// client then tells of.
pub(super) fn shared() -> Option<ClientConfig> {
    static SHARED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(settings) = SHARED.get() {
        return Some(settings.clone());
    }
    let builder = ClientConfig::builder().with_platform_verifier().ok()?;
    let mut settings = builder.with_no_client_auth();
    // The one version of HTTP that clients are built with.
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(SHARED.get_or_init(|| settings).clone())
}

//! The TLS settings that clients share: reading the machine's certificates takes longer than all the
//! rest of making a client, and there is one for each service.

use std::sync::OnceLock;

use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;

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

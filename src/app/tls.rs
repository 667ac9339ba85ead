//! TLS of the listener, where it isn't left to an ingress: TLS 1.2 and 1.3 by rustls and aws-lc-rs. The
//! certificate and its key are read from files, and read anew where those change; one that can't be
//! used leaves the last good one in place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::outbound;

/// The listener's TLS. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What handshakes get. One that has begun keeps what it got.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// From the files of the settings.
    ///
    /// # Errors
    /// Where they can't be read, aren't PEM, or don't belong together.
    pub fn new(settings: &config::Tls) -> anyhow::Result<Self> {
        outbound::install_crypto();
        let files = Files { certificate: settings.certificate.clone(), key: settings.key.clone() };
        let current = Arc::new(Current(ArcSwap::from_pointee(files.read()?)));
        let resolver = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, current, config: Arc::new(config) })
    }

    /// Reads the files anew. Connections that are open go on; the next handshake gets what was read.
    ///
    /// # Errors
    /// As [`Tls::new`]; then the last good certificate stays.
    pub fn renew(&self) -> anyhow::Result<()> {
        self.current.0.store(Arc::new(self.files.read()?));
        Ok(())
    }

    /// The files, to be watched.
    pub(super) fn files(&self) -> [&Path; 2] {
        [&self.files.certificate, &self.files.key]
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl Files {
    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let Self { certificate, key } = self;
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("server.tls_certificate_file {}", certificate.display()))?;
        anyhow::ensure!(
            !chain.is_empty(),
            "server.tls_certificate_file {} holds no certificate",
            certificate.display()
        );
        let told = || format!("server.tls_key_file {}", key.display());
        let secret = PrivateKeyDer::from_pem_file(key).with_context(told)?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        CertifiedKey::from_der(chain, secret, &provider).with_context(told)
    }
}

//! The listener's own TLS, and a new certificate for it while requests come.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use osier::demo::{Options, Surroundings};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::settings;
use crate::harness::{Process, three_free_ports};

/// A new certificate for localhost, written where the server looks.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    // First the one and then the other, as it may happen: the pair doesn't fit together meanwhile.
    fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(folder.join("tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
    made.cert.der().clone()
}

/// Asks `/livez` by a connection of its own; gives the certificate that was shown.
async fn asked(port: u16, known: &[CertificateDer<'static>]) -> std::io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    for one in known {
        roots.add(one.clone()).unwrap();
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

/// A `ClientHello` of TLS 1.1 (RFC 4346 §7.4.1.2) with suites that every server of that time had.
fn hello_of_1_1() -> Vec<u8> {
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    // No session; three suites; no compression.
    hello.extend([0, 0, 6, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}

#[tokio::test]
async fn case_128_tls_is_1_2_or_newer() {
    osier::outbound::install_crypto();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let known = [renew(folder.path())];
    let port = three_free_ports();
    let mut server = serve(port, folder.path(), &around);
    ready(port, &known, &server).await;
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let mut roots = RootCertStore::empty();
        roots.add(known[0].clone()).unwrap();
        let config = ClientConfig::builder_with_protocol_versions(versions);
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    }
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(&hello_of_1_1()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    // A fatal alert (RFC 5246 §7.2), and no more: `handshake_failure` or `protocol_version`.
    assert!(matches!(answer[..], [0x15, .., 2, 40 | 70]) && answer.len() == 7, "{answer:?}");
    server.signal("TERM");
    server.signal("TERM");
    server.end().await;
}

fn serve(port: u16, folder: &Path, around: &Surroundings) -> Process {
    let at = |name: &str| folder.join(name).display().to_string();
    let set = settings([
        ("SERVER__PUBLIC_URL", &format!("https://localhost:{port}")),
        ("SERVER__TLS_CERTIFICATE_FILE", &at("tls.crt")),
        ("SERVER__TLS_KEY_FILE", &at("tls.key")),
    ]);
    Process::serve_at(port, "config/demo.toml", around, &set)
}

async fn ready(port: u16, known: &[CertificateDer<'static>], server: &Process) {
    let started = Instant::now();
    while asked(port, known).await.is_err() {
        assert!(started.elapsed() < Duration::from_mins(1), "{}", server.err());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn r21_a_new_certificate_is_taken_over_without_a_failed_request() {
    osier::outbound::install_crypto();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut known = vec![renew(folder.path())];
    let port = three_free_ports();
    let mut server = serve(port, folder.path(), &around);
    ready(port, &known, &server).await;
    let mut requests = 0;
    let mut last = Duration::ZERO;
    for round in 0..4 {
        if round == 2 {
            // Rubbish isn't taken over.
            fs::write(folder.path().join("tls.crt"), "rubbish").unwrap();
            let changed = Instant::now();
            while !server.err().contains("the last good certificate is kept") {
                assert_eq!(asked(port, &known).await.unwrap(), known[round].to_vec());
                assert!(changed.elapsed() < Duration::from_secs(50), "{}", server.err());
                requests += 1;
            }
        }
        let new = renew(folder.path());
        known.push(new.clone());
        let changed = Instant::now();
        while asked(port, &known).await.unwrap() != new.to_vec() {
            assert!(changed.elapsed() < Duration::from_secs(50), "{}", server.err());
            requests += 1;
        }
        last = changed.elapsed();
    }
    eprintln!(
        "r21: {requests} requests, none failed; the last certificate was shown after {last:?}"
    );
    server.signal("TERM");
    server.signal("TERM");
    assert_eq!(server.end().await.0.code(), Some(0), "{}", server.err());
}

//! Assertions under a certificate that the test makes.

use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rcgen::{CertificateParams, PKCS_RSA_SHA256};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::*;

fn made() -> (String, String, Vec<u8>, KeyPair) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pem = {
        use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let der = rustls::pki_types::PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
        let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(["osier.example".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
    };
    (pem.0, pem.1, pem.2, pair)
}

#[test]
fn an_assertion_is_what_entra_asks_for() {
    let (certificate, key, der, pair) = made();
    let read = Certificate::read(certificate.as_bytes(), key.as_bytes()).unwrap();
    let endpoint: Url = "https://login.example/t/oauth2/v2.0/token".parse().unwrap();
    let [first, second] = [1, 2].map(|_| read.assertion("osier", &endpoint, 1_000).unwrap());
    let (signed, signature) = first.expose_secret().rsplit_once('.').unwrap();
    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
        })
        .collect();
    let thumbprint = BASE64URL_NOPAD.encode(digest(&SHA256, &der).as_ref());
    assert_eq!(parts[0], json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint }));
    assert_eq!(parts[1]["aud"], "https://login.example/t/oauth2/v2.0/token");
    assert_eq!([&parts[1]["iss"], &parts[1]["sub"]], ["osier"; 2]);
    assert_eq!([&parts[1]["iat"], &parts[1]["nbf"], &parts[1]["exp"]], [1000, 1000, 1300]);
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref());
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
    assert_ne!(first.expose_secret(), second.expose_secret(), "the same jti twice");
}

#[test]
fn files_that_do_not_go_together_are_told() {
    let (certificate, key, ..) = made();
    let (other_certificate, ..) = made();
    let fault = |certificate: &str, key: &str| {
        Certificate::read(certificate.as_bytes(), key.as_bytes()).err().unwrap()
    };
    assert_eq!(fault(&other_certificate, &key), CertificateFault::AnotherKey);
    assert_eq!(fault("", &key), CertificateFault::NoCertificate);
    assert_eq!(fault(&certificate, &certificate), CertificateFault::NoKey);
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(fault(&certificate, &elliptic), CertificateFault::NotRsa);
    let both = format!("{key}{certificate}");
    assert!(Certificate::read(both.as_bytes(), both.as_bytes()).is_ok());
}

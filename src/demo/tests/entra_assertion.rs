//! Clients without a secret: assertions by a certificate's key and by another issuer's.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use super::entra_sign_in::{Client, payload};
use super::*;

const ISSUER: &str = "https://cluster.example/";
const SUBJECT: &str = "system:serviceaccount:osier:osier";

/// A certificate and its private key, in PEM, with the SHA-1 and SHA-256 of its DER.
struct Certificate {
    pem: String,
    key: EncodingKey,
    x5t: String,
    x5t_s256: String,
}

impl Certificate {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let params = CertificateParams::new(vec!["osier.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let print = |algorithm| {
            let hash = aws_lc_rs::digest::digest(algorithm, certificate.der());
            data_encoding::BASE64URL_NOPAD.encode(hash.as_ref())
        };
        Self {
            pem: certificate.pem(),
            key: EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap(),
            x5t: print(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY),
            x5t_s256: print(&aws_lc_rs::digest::SHA256),
        }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

impl Client {
    /// A code redeemed with this assertion instead of a secret.
    async fn redeem_by(&self, assertion: &str) -> entra_sign_in::Answer {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let code = self.code(&BEN).await;
        let other = [
            ("client_secret", ""),
            ("client_assertion", assertion),
            ("client_assertion_type", kind),
        ];
        self.redeem(&code, &other).await
    }

    /// What the default app's own assertion says.
    fn own_claims(&self) -> Value {
        let now = self.clock.unix_seconds();
        json!({
            "iss": API_CLIENT_ID, "sub": API_CLIENT_ID, "aud": self.entra().url(Endpoint::Token),
            "jti": "1", "nbf": now, "exp": now + 300,
        })
    }
}

#[tokio::test]
async fn a_certificates_key_signs_for_the_app() {
    let client = Client::start().await;
    let certificate = Certificate::new();
    let pem = certificate.pem.clone();
    client.entra().alter_app(API_CLIENT_ID, |app| app.certificates = vec![pem]);
    let claims = client.own_claims();
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        for by_sha1 in [true, false] {
            let mut header = Header::new(algorithm);
            header.x5t = by_sha1.then(|| certificate.x5t.clone());
            header.x5t_s256 = (!by_sha1).then(|| certificate.x5t_s256.clone());
            let answer = client.redeem_by(&certificate.sign(&header, &claims)).await;
            assert_eq!(answer.verdict(), "ok", "{}", answer.body);
            assert_eq!(payload(answer.field("access_token"))["azpacr"], "2");
        }
    }
}

#[tokio::test]
async fn a_bad_assertion_is_told_by_its_fault() {
    let client = Client::start().await;
    let (certificate, stranger) = (Certificate::new(), Certificate::new());
    let pem = certificate.pem.clone();
    client.entra().alter_app(API_CLIENT_ID, |app| app.certificates = vec![pem]);
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(certificate.x5t_s256.clone());
    let nameless = Header::new(Algorithm::PS256);
    let weak = Header { alg: Algorithm::RS512, ..header.clone() };
    let claims = client.own_claims();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        certificate.sign(&header, &claims)
    };
    let now = client.clock.unix_seconds();
    for (assertion, verdict) in [
        ("guess".to_owned(), "invalid_request 50027"),
        (certificate.sign(&nameless, &claims), "invalid_client 700027"),
        (certificate.sign(&weak, &claims), "invalid_client 700027"),
        (stranger.sign(&header, &claims), "invalid_client 700027"),
        (with("sub", json!("somebody")), "invalid_client 700021"),
        (with("aud", json!(client.entra().issuer())), "invalid_client 700023"),
        (with("jti", json!("")), "invalid_request 50027"),
        (with("exp", json!(now - 301)), "invalid_client 700024"),
        (with("nbf", json!(now + 301)), "invalid_client 700024"),
        (with("iss", json!("https://nobody.example/")), "invalid_client 700211"),
        (with("exp", json!(now - 299)), "ok"),
    ] {
        let answer = client.redeem_by(&assertion).await;
        assert_eq!(answer.verdict(), verdict, "{}", answer.body);
    }
    let code = client.code(&BEN).await;
    let good = certificate.sign(&header, &claims);
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let good = ("client_assertion", good.as_str());
    let none = ("client_secret", "");
    for (other, verdict) in [
        (&[good, none][..], "invalid_request 900144"),
        (&[good, none, (kind.0, "saml")], "invalid_request 50024"),
        (&[good, kind], "invalid_request 90023"),
        (&[good, kind, none, ("client_id", CLI_CLIENT_ID)], "invalid_client 700025"),
        (&[good, kind, none], "ok"),
    ] {
        assert_eq!(client.redeem(&code, other).await.verdict(), verdict, "{other:?}");
    }
}

#[tokio::test]
async fn another_issuers_token_stands_for_the_app_where_it_is_trusted() {
    let client = Client::start().await;
    let entra = client.entra();
    let keys = entra.key_set();
    // The look-alike's own keys serve as the cluster's.
    entra.alter_app(API_CLIENT_ID, |app| {
        app.federated = vec![Federated::new(ISSUER, SUBJECT, keys)];
    });
    let now = client.clock.unix_seconds();
    let claims = json!({
        "iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange",
        "iat": now, "exp": now + 600,
    });
    let header = |kid: &str| json!({"alg": "RS256", "kid": kid}).to_string();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        entra.sign(header(&entra.kid()), claims.to_string())
    };
    let forged = entra.sign_with_a_foreign_key(header(&entra.kid()), claims.to_string()).unwrap();
    for (assertion, verdict) in [
        (with("iss", json!("https://cluster.example")), "invalid_client 700211"),
        (with("aud", json!("api://another")), "invalid_client 700212"),
        (with("sub", json!("system:serviceaccount:osier:Osier")), "invalid_client 700213"),
        (with("exp", json!(now - 301)), "invalid_client 700024"),
        (entra.sign(header("another"), claims.to_string()), "invalid_client 700027"),
        (forged, "invalid_client 700027"),
        (with("exp", json!(now + 60)), "ok"),
    ] {
        let answer = client.redeem_by(&assertion).await;
        assert_eq!(answer.verdict(), verdict, "{}", answer.body);
    }
    let answer = client.redeem_by(&with("exp", json!(now + 60))).await;
    assert_eq!(payload(answer.field("access_token"))["azpacr"], "2");
}

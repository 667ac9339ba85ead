//! What follows from the keys of `[auth]`, and what is refused.

use secrecy::ExposeSecret as _;

use super::{Auth, Credential, Facade, ManagedIdentity, Prompt};
use crate::config::{Config, Environment, Identity};

const TENANT: &str = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34";
const API: &str = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41";

fn parse_in(environment: &Environment, more: &str) -> Result<Config, String> {
    let text = format!(
        "server.public_url = \"https://osier.example.com\"\nidentity.tenant_id = \"{TENANT}\"\n\
         access.adapter = \"file\"\naccess.file = \"/etc/osier/permissions.yaml\"\n\
         keys.current = \"sVvmqGTfcDm/7oZb5qOZbKqpr6TpsQbWZ7tsTi4LDgQ=\"\n{more}"
    );
    Config::parse("osier.toml", &text, environment).map_err(|problems| problems.to_string())
}

fn parse(more: &str) -> Result<Config, String> {
    parse_in(&Environment::default(), more)
}

/// For the API above, with these keys of `[auth]`.
fn facade_in(environment: &Environment, keys: &str) -> Result<Facade, String> {
    let config = parse_in(environment, &format!("identity.audience = \"{API}\"\n[auth]\n{keys}"))?;
    match config.auth {
        Auth::Facade(facade) => Ok(*facade),
        Auth::Direct(_) => Err("direct".to_owned()),
    }
}

fn facade(keys: &str) -> Result<Facade, String> {
    facade_in(&Environment::default(), keys)
}

const SECRET: &str = "credential = \"secret\"\nclient_secret = \"hunter2~8Q\"\n";

#[test]
fn a_secret_is_enough() {
    let facade = facade(SECRET).unwrap();
    assert_eq!(facade.client_id, API);
    assert_eq!(facade.upstream_scope, format!("api://{API}/Mcp.Access"));
    assert!((facade.prompt, &facade.domain_hint) == (None, &None));
    assert_eq!(facade.refresh_life.as_secs(), 30 * 24 * 60 * 60);
    let Credential::Secret(secret) = &facade.credential else { panic!("{facade:?}") };
    assert_eq!(secret.expose_secret(), "hunter2~8Q");
    assert!(!format!("{facade:?}").contains("hunter2"));
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2~8Q\n").unwrap();
    let name = file.path().display().to_string();
    let environment = Environment::default().with("OSIER_AUTH__CLIENT_SECRET_FILE", name);
    let facade = facade_in(&environment, "credential = \"secret\"").unwrap();
    let Credential::Secret(secret) = &facade.credential else { panic!("{facade:?}") };
    assert_eq!(secret.expose_secret(), "hunter2~8Q");
}

#[test]
fn direct_needs_nothing_and_a_facade_its_credential() {
    assert_eq!(facade("mode = \"direct\"").unwrap_err(), "direct");
    let missing = [
        ("", "auth.credential: is missing: what proves to Entra"),
        ("credential = \"secret\"", "auth.client_secret: is missing"),
        ("credential = \"certificate\"", "auth.certificate_file: is missing"),
        ("credential = \"federated_file\"", "auth.federated_token_file: is missing"),
        ("credential = \"password\"", "must be one of \"secret\", \"certificate\""),
    ];
    for (keys, says) in missing {
        let said = facade(keys).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn a_secret_that_is_none_is_told_and_not_shown() {
    for (secret, says) in [
        ("(no default)", "has a blank"),
        ("0a1b2c3d-0000-4000-8000-00000000000a", "is the secret's id"),
    ] {
        let keys = format!("credential = \"secret\"\nclient_secret = \"{secret}\"");
        let said = facade(&keys).unwrap_err();
        assert!(said.contains(says) && !said.contains(secret), "{said}");
    }
}

#[test]
fn a_certificate_may_hold_its_key() {
    let with = |more: &str| {
        let keys = format!("credential = \"certificate\"\ncertificate_file = \"/c.pem\"\n{more}");
        match facade(&keys).unwrap().credential {
            Credential::Certificate(files) => files.key.display().to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(with(""), "/c.pem");
    assert_eq!(with("certificate_key_file = \"/k.pem\""), "/k.pem");
}

#[test]
fn hosts_of_azure_say_where_their_tokens_are() {
    let environment = Environment::from_iter([
        ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/token"),
        ("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token"),
        ("IDENTITY_HEADER", "hunter2"),
        ("IDENTITY_SERVER_THUMBPRINT", "x"),
    ]);
    let file = facade_in(&environment, "credential = \"federated_file\"").unwrap().credential;
    assert!(matches!(&file, Credential::FederatedFile(path) if path.ends_with("secrets/token")));
    let managed = |environment: &Environment, keys: &str| -> Result<ManagedIdentity, String> {
        let keys = format!("credential = \"managed_identity\"\n{keys}");
        match facade_in(environment, &keys)?.credential {
            Credential::ManagedIdentity(managed) => Ok(*managed),
            other => panic!("{other:?}"),
        }
    };
    let app_service = managed(&environment, "").unwrap();
    assert_eq!(app_service.endpoint.as_str(), "http://localhost:42356/msi/token");
    assert!(app_service.header.is_some() && !format!("{app_service:?}").contains("hunter2"));
    let none = Environment::default();
    let machine = managed(&none, "").unwrap();
    assert_eq!(machine.endpoint.as_str(), "http://169.254.169.254/metadata/identity/oauth2/token");
    assert!(machine.header.is_none());
    assert_eq!(machine.audience, "api://AzureADTokenExchange");
    for far in ["https://example.com/token", "http://169.254.169.254/?x=1", "ftp://127.0.0.1/"] {
        let said = managed(&none, &format!("managed_identity_endpoint = \"{far}\"")).unwrap_err();
        assert!(said.contains("must be a URL on this machine"), "{said}");
    }
}

#[test]
fn a_prompt_for_consent_is_refused_with_the_reason() {
    let prompt = |word: &str| facade(&format!("{SECRET}prompt = \"{word}\""));
    assert_eq!(prompt("select_account").unwrap().prompt, Some(Prompt::SelectAccount));
    assert_eq!(prompt("login").unwrap().prompt, Some(Prompt::Login));
    let consent = prompt("consent").unwrap_err();
    assert!(consent.contains("an administrator's consent at each sign-in"), "{consent}");
    assert!(prompt("none").unwrap_err().contains("or left out"));
}

#[test]
fn the_scope_follows_from_the_audience() {
    let scope = |identity: &str, keys: &str| {
        let config = parse(&format!("{identity}\n[auth]\n{SECRET}{keys}"))?;
        match config.auth {
            Auth::Facade(facade) => Ok::<_, String>(facade.upstream_scope),
            Auth::Direct(_) => Err("direct".to_owned()),
        }
    };
    let uri = "identity.audience = \"https://osier.example.com/\"";
    let said = scope(uri, "").unwrap_err();
    assert!(
        said.contains("auth.client_id: is missing: the application id of Osier's own"),
        "{said}"
    );
    let id = format!("client_id = \"{API}\"");
    assert_eq!(scope(uri, &id).unwrap(), "https://osier.example.com/Mcp.Access");
    let b2c = format!("identity.audience = \"{API}\"\nidentity.policies = [\"B2C_1_sign_in\"]");
    let said = scope(&b2c, "").unwrap_err();
    assert!(said.contains("auth.upstream_scope: is missing: the whole scope"), "{said}");
    let own = "upstream_scope = \"https://contoso.onmicrosoft.com/osier/Mcp.Access\"";
    assert_eq!(scope(&b2c, own).unwrap(), "https://contoso.onmicrosoft.com/osier/Mcp.Access");
}

fn identity(more: &str) -> Identity {
    let text = format!("identity.audience = \"{API}\"\n{more}\nauth.mode = \"direct\"");
    parse(&text).unwrap().identity
}

#[test]
fn clouds_are_known_by_the_discovery_url() {
    let clouds = [
        ("login.microsoftonline.com", "", "sts.windows.net"),
        ("login.microsoftonline.us", "USGov", "sts.windows.net"),
        ("login.partner.microsoftonline.cn", "China", "sts.chinacloudapi.cn"),
        ("contoso.ciamlogin.com", "", "sts.windows.net"),
    ];
    for (host, ending, v1) in clouds {
        let identity = identity(&format!(
            "identity.accept_v1 = true\nidentity.discovery_url = \
             \"https://{host}/{TENANT}/v2.0/.well-known/openid-configuration\""
        ));
        let audience = format!("api://AzureADTokenExchange{ending}");
        assert_eq!(identity.cloud().federation_audience(), audience);
        assert_eq!(identity.v1_issuer, Some(format!("https://{v1}/{TENANT}/")));
    }
    assert_eq!(identity("").v1_issuer, None);
    let said = parse("identity.policies = [\"B2C 1\", \"\"]").unwrap_err();
    assert!(said.contains("identity.policies.0: must be a user flow's name"), "{said}");
    assert!(said.contains("identity.policies.1:"), "{said}");
}

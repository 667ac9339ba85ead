//! The credential: made once, found again, and never shown.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;

use super::tenant::{IDENTITY, Run, SECRET, TENANT, Tenant};

const FILE: &str = "osier-entra-secret";

fn secret(tenant: &Tenant, more: &[&str]) -> Run {
    tenant.register(&[&["--credential", "secret"], more].concat())
}

#[test]
fn a_secret_goes_to_a_file_of_its_owner_and_nowhere_else() {
    let tenant = Tenant::new();
    let run = secret(&tenant, &[]).well();
    let file = tenant.path(FILE);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{SECRET}~1"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for text in [&run.out, &run.err, &run.calls.join("\n")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(run.out.contains("credential = \"secret\""), "{}", run.out);
}

#[test]
fn a_secret_is_made_once_and_again_when_asked_or_near_its_end() {
    let tenant = Tenant::registered();
    secret(&tenant, &[]).well();
    let run = secret(&tenant, &[]).well();
    assert_eq!(run.changes, [""; 0]);
    assert!(run.err.contains("--rotate makes another"), "{}", run.err);
    assert_eq!(fs::read_to_string(tenant.path(FILE)).unwrap(), format!("{SECRET}~1"));

    secret(&tenant, &["--rotate"]).refused("exists; move it away");
    let rotate = ["--rotate", "--secret-file", "second", "--secret-days", "20"];
    secret(&tenant, &rotate).well();
    assert_eq!(fs::read_to_string(tenant.path("second")).unwrap(), format!("{SECRET}~2"));
    assert_eq!(tenant.state()["apps"][0]["passwordCredentials"].as_array().unwrap().len(), 2);

    tenant.change(|state| {
        let secrets = state["apps"][0]["passwordCredentials"].as_array_mut().unwrap();
        secrets.remove(0);
    });
    secret(&tenant, &["--secret-file", "third"]).well();
    assert!(tenant.path("third").exists(), "twenty days are too few");
}

#[test]
fn a_secret_of_somebody_else_does_not_count() {
    let tenant = Tenant::registered();
    secret(&tenant, &[]).well();
    tenant.change(|state| {
        state["apps"][0]["passwordCredentials"][0]["displayName"] = json!("theirs");
    });
    secret(&tenant, &["--secret-file", "ours"]).well();
    assert!(tenant.path("ours").exists());
}

#[test]
fn no_secret_leaves_no_file() {
    let tenant = Tenant::registered();
    tenant.change(|state| state["no_secret"] = json!(true));
    let run = secret(&tenant, &[]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("no secret was got"), "{}", run.err);
    assert!(!tenant.path(FILE).exists());
}

#[test]
fn a_certificate_is_sent_once_without_its_key() {
    let tenant = Tenant::registered();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["osier.example.com".to_owned()]).unwrap();
    fs::write(tenant.path("entra.pem"), cert.pem()).unwrap();
    fs::write(tenant.path("both.pem"), cert.pem() + &signing_key.serialize_pem()).unwrap();
    fs::write(tenant.path("no.pem"), "no certificate").unwrap();
    let with = |file| tenant.register(&["--credential", "certificate", "--certificate", file]);

    let run = with("entra.pem").well();
    let keys = tenant.state()["apps"][0]["keyCredentials"].clone();
    assert_eq!(keys[0]["from"], cert.pem());
    assert!(keys[0]["displayName"].as_str().unwrap().starts_with("osier "), "{keys}");
    assert!(run.out.contains("credential = \"certificate\""), "{}", run.out);
    assert_eq!(with("entra.pem").well().changes, [""; 0]);

    with("both.pem").refused("holds a private key");
    with("no.pem").refused("not a PEM certificate");
    with("absent.pem").refused("can't be read");
}

#[test]
fn a_federated_credential_is_made_found_and_changed() {
    let tenant = Tenant::registered();
    let with = |subject| {
        tenant.register(&[
            "--credential",
            "federated",
            "--issuer",
            "https://cluster.example.com/",
            "--subject",
            subject,
        ])
    };
    let run = with("system:serviceaccount:osier:osier").well();
    assert!(run.out.contains("credential = \"federated_file\""), "{}", run.out);
    let made = tenant.state()["apps"][0]["federated"].clone();
    assert_eq!(made[0]["issuer"], "https://cluster.example.com/");
    assert_eq!(made[0]["audiences"], json!(["api://AzureADTokenExchange"]));
    assert_eq!(with("system:serviceaccount:osier:osier").well().changes, [""; 0]);
    assert_eq!(with("system:serviceaccount:prod:osier").well().changes.len(), 1);
    let changed = tenant.state()["apps"][0]["federated"].clone();
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(changed[0]["subject"], "system:serviceaccount:prod:osier");
}

#[test]
fn a_managed_identity_is_trusted_by_its_principal() {
    let tenant = Tenant::registered();
    let with = |identity| {
        tenant.register(&["--credential", "managed-identity", "--managed-identity", identity])
    };
    let run = with(IDENTITY).well();
    let made = tenant.state()["apps"][0]["federated"][0].clone();
    assert_eq!(made["issuer"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert_eq!(made["subject"], "11111111-1111-4111-8111-111111111111");
    let told = "managed_identity_client_id = \"22222222-2222-4222-8222-222222222222\"";
    assert!(run.out.contains(told), "{}", run.out);
    assert_eq!(with(IDENTITY).well().changes, [""; 0]);
    with("/subscriptions/s/other").refused("no such managed identity");
}

#[test]
fn national_clouds_have_their_own_hosts_and_audiences() {
    for (cloud, login, graph, host, audience) in [
        (
            "AzureUSGovernment",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us/",
            "https://login.microsoftonline.us",
            "api://AzureADTokenExchangeUSGov",
        ),
        (
            "AzureChinaCloud",
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://login.partner.microsoftonline.cn",
            "api://AzureADTokenExchangeChina",
        ),
    ] {
        let tenant = Tenant::new();
        tenant.change(|state| {
            state["cloud"] = json!({"name": cloud, "endpoints":
                {"activeDirectory": login, "microsoftGraphResourceId": graph}});
        });
        let options = ["--credential", "managed-identity", "--managed-identity", IDENTITY];
        let run = tenant.register(&options).well();
        let made = tenant.state()["apps"][0]["federated"][0].clone();
        assert_eq!(made["issuer"], format!("{host}/{TENANT}/v2.0"));
        assert_eq!(made["audiences"], json!([audience]));
        let discovery = format!("\"{host}/{TENANT}/v2.0/.well-known/openid-configuration\"");
        assert!(run.out.contains(&discovery), "{}", run.out);
    }
}

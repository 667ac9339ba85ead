//! The registration, the enterprise application, consent and assignment.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};

use super::tenant::{APP, BEN, IDENTITY, TENANT, Tenant};

const NONE: &[&str] = &["--credential", "none"];

fn app(tenant: &Tenant) -> Value {
    tenant.state()["apps"][0].clone()
}

#[test]
fn the_first_run_makes_what_osier_needs() {
    let tenant = Tenant::new();
    let run = tenant.register(&["--credential", "none", "--assign", BEN]).well();
    let app = app(&tenant);
    assert_eq!(app["displayName"], "Osier");
    assert_eq!(app["signInAudience"], "AzureADMyOrg");
    assert_eq!(app["api"]["requestedAccessTokenVersion"], 2);
    assert_eq!(app["web"]["redirectUris"], json!(["https://osier.example.com/oauth/callback"]));
    assert_eq!(app["identifierUris"], json!([format!("api://{APP}")]));
    let scope = &app["api"]["oauth2PermissionScopes"][0];
    assert_eq!((&scope["value"], &scope["isEnabled"]), (&json!("Mcp.Access"), &json!(true)));
    let role = &app["appRoles"][0];
    assert_eq!((&role["value"], &role["isEnabled"]), (&json!("Mcp.Access"), &json!(true)));
    assert_eq!(role["allowedMemberTypes"], json!(["User"]));
    assert_ne!(scope["id"], role["id"]);

    let state = tenant.state();
    let sp = &state["sps"][1];
    assert_eq!((&sp["appId"], &sp["appRoleAssignmentRequired"]), (&json!(APP), &json!(true)));
    let granted = |number: usize| {
        let grant = &state["grants"][number];
        assert_eq!(grant["consentType"], "AllPrincipals");
        (grant["resourceId"].clone(), grant["scope"].clone())
    };
    assert_eq!(granted(0), (sp["id"].clone(), json!("Mcp.Access")));
    assert_eq!(granted(1), (state["sps"][0]["id"].clone(), json!("openid profile offline_access")));
    assert_eq!(state["assigned"][0]["principalId"], BEN);
    assert_eq!(state["assigned"][0]["appRoleId"], role["id"]);
    assert_eq!(run.changes.len(), 10, "{:#?}", run.changes);
}

#[test]
fn the_second_run_changes_nothing_and_says_the_same() {
    let tenant = Tenant::new();
    let options = ["--credential", "none", "--assign", BEN, "--direct"];
    let first = tenant.register(&options).well();
    let before = tenant.state();
    let second = tenant.register(&options).well();
    assert_eq!(second.changes, [""; 0]);
    assert_eq!(tenant.state(), before);
    assert_eq!(second.out, first.out);
    assert!(second.err.contains("the registration 'Osier' exists"), "{}", second.err);
    assert!(!second.calls.iter().any(|call| call.contains("POST") || call.contains("PATCH")));
}

#[test]
fn standard_output_is_the_lines_for_osier_toml() {
    let tenant = Tenant::new();
    let run = tenant.register(NONE).well();
    let lines: toml::Table = run.out.parse().unwrap();
    assert_eq!(lines["server"]["public_url"].as_str(), Some("https://osier.example.com"));
    assert_eq!(lines["identity"]["tenant_id"].as_str(), Some(TENANT));
    assert_eq!(lines["identity"]["audience"].as_str(), Some(APP));
    assert_eq!(lines["auth"]["client_id"].as_str(), Some(APP));
    assert_eq!(lines["auth"]["mode"].as_str(), Some("facade"));
}

/// What a configuration needs besides.
const REST: &str = r#"
[access]
adapter = "file"
file = "people.yaml"
[backends.sitecore]
base_url = "https://sitecore.example.com"
token = "none"
[backends.workflowcore]
base_url = "https://workflowcore.example.com"
token = "none"
[backends.caller]
kind = "caller"
"#;

#[test]
fn osier_takes_the_lines() {
    let cases: [&[&str]; 4] = [
        &["secret"],
        &["certificate", "--certificate", "entra.pem"],
        &["federated", "--issuer", "https://cluster.example.com/", "--subject", "osier"],
        &["managed-identity", "--managed-identity", IDENTITY],
    ];
    let tenant = Tenant::registered();
    let certificate = generate_simple_self_signed(vec!["osier.example.com".to_owned()]).unwrap();
    fs::write(tenant.path("entra.pem"), certificate.cert.pem()).unwrap();
    // It stands for the key too, where no other file is named.
    fs::set_permissions(tenant.path("entra.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    let people = "roles: {}\nusers: []\nassignments: []\n";
    fs::write(tenant.path("people.yaml"), people).unwrap();
    for credential in cases {
        let run = tenant.register(&[&["--credential"], credential].concat()).well();
        fs::write(tenant.path("osier.toml"), run.out + REST).unwrap();
        let ended = Command::new(env!("CARGO_BIN_EXE_osier"))
            .args(["check", "--config", "osier.toml"])
            .current_dir(tenant.path("."))
            .env("OSIER_AUTH__CLIENT_SECRET_FILE", "osier-entra-secret")
            .env("OSIER_KEYS__CURRENT", "q0yLh2u8Y5mS9w3nUOaJkR7TzVbXc1dE4fGhIjKlMnE=")
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{credential:?}: {said}");
    }
}

#[test]
fn a_dry_run_looks_prints_and_changes_nothing() {
    let tenant = Tenant::new();
    let options = ["--credential", "secret", "--assign", BEN, "--dry-run"];
    let run = tenant.register(&options).well();
    assert_eq!(run.changes, [""; 0]);
    for command in [
        "    az ad app create --display-name Osier --sign-in-audience AzureADMyOrg",
        "    az rest --method PATCH --uri https://graph.microsoft.com/v1.0/applications/OBJECT-ID",
        "    az ad sp create --id APPLICATION-ID",
        "    az ad app credential reset --id APPLICATION-ID --append --display-name osier",
    ] {
        assert!(run.err.contains(command), "{command}\n{}", run.err);
    }
    assert!(!tenant.path("osier-entra-secret").exists());
    let tenant = Tenant::registered();
    let run = tenant.register(&["--credential", "none", "--dry-run", "--assign", BEN]).well();
    assert_eq!(run.changes, [""; 0]);
    let printed: Vec<_> = run.err.lines().filter(|line| line.starts_with("    az ")).collect();
    assert_eq!(printed.len(), 1, "{printed:?}");
    assert!(printed[0].contains("/appRoleAssignedTo"), "{printed:?}");
}

#[test]
fn drift_is_mended_and_what_others_put_there_stays() {
    let tenant = Tenant::registered();
    let theirs = json!({"id": "7b1a4c58-9d52-4b7f-8a1e-2c905c0f6d4e", "value": "Other.Read", "isEnabled": true});
    tenant.change(|state| {
        let app = &mut state["apps"][0];
        app["api"]["requestedAccessTokenVersion"] = Value::Null;
        app["isFallbackPublicClient"] = json!(true);
        app["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] = json!(true);
        app["api"]["oauth2PermissionScopes"][0]["isEnabled"] = json!(false);
        app["api"]["oauth2PermissionScopes"].as_array_mut().unwrap().push(theirs.clone());
        app["appRoles"] = json!([theirs.clone()]);
        app["appRoles"][0]["allowedMemberTypes"] = json!(["Application"]);
        app["identifierUris"] = json!(["api://theirs.example.com/x"]);
        state["sps"][1]["appRoleAssignmentRequired"] = json!(false);
        state["grants"][1]["scope"] = json!("openid User.Read");
    });
    tenant.register(NONE).well();
    let app = app(&tenant);
    assert_eq!(app["api"]["requestedAccessTokenVersion"], 2);
    assert_eq!(app["isFallbackPublicClient"], false);
    assert_eq!(app["web"]["implicitGrantSettings"]["enableIdTokenIssuance"], false);
    assert_eq!(app["api"]["oauth2PermissionScopes"][0]["isEnabled"], true);
    assert_eq!(app["api"]["oauth2PermissionScopes"][1], theirs);
    assert_eq!(app["appRoles"][0]["value"], "Other.Read");
    assert_eq!(app["appRoles"][1]["value"], "Mcp.Access");
    let uris = json!(["api://theirs.example.com/x", format!("api://{APP}")]);
    assert_eq!(app["identifierUris"], uris);
    let state = tenant.state();
    assert_eq!(state["sps"][1]["appRoleAssignmentRequired"], true);
    assert_eq!(state["grants"][1]["scope"], "openid User.Read profile offline_access");
    assert_eq!(tenant.register(NONE).well().changes, [""; 0]);
}

#[test]
fn v2_tokens_are_chosen_before_the_identifier_uris_of_direct_mode() {
    let tenant = Tenant::registered();
    tenant.change(|state| state["apps"][0]["api"]["requestedAccessTokenVersion"] = json!(1));
    let run = tenant.register(&["--credential", "none", "--direct"]).well();
    let uris = json!([
        format!("api://{APP}"),
        "https://osier.example.com",
        "https://osier.example.com/mcp"
    ]);
    assert_eq!(app(&tenant)["identifierUris"], uris);
    assert!(run.out.contains("mode = \"direct\""), "{}", run.out);
}

#[test]
fn what_is_new_and_not_found_at_once_is_tried_again() {
    let tenant = Tenant::new();
    tenant.change(|state| state["lag_of_new"] = json!(3));
    let run = tenant.register(NONE).well();
    assert!(run.calls.len() > run.changes.len() + 6, "{:#?}", run.calls);
    assert_eq!(app(&tenant)["identifierUris"], json!([format!("api://{APP}")]));
    tenant.change(|state| state["lag_of_new"] = json!(0));
    assert_eq!(tenant.register(NONE).well().changes, [""; 0]);
}

#[test]
fn what_az_refuses_ends_the_run_with_its_words() {
    let tenant = Tenant::new();
    tenant.change(|state| state["unknown"] = json!([BEN]));
    let run = tenant.register(&["--credential", "none", "--assign", BEN]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("Invalid object identifier"), "{}", run.err);
    assert!(run.err.contains("could not do this: the role Mcp.Access for"), "{}", run.err);
    assert_eq!(run.out, "");
}

#[test]
fn foreign_redirect_uris_are_refused_unless_replaced() {
    let tenant = Tenant::registered();
    tenant.change(|state| {
        state["apps"][0]["spa"]["redirectUris"] = json!(["https://elsewhere.example.com/"]);
    });
    tenant.register(NONE).refused("other redirect URIs: https://elsewhere.example.com/");
    tenant.register(&["--credential", "none", "--replace-redirects"]).well();
    assert_eq!(app(&tenant)["spa"]["redirectUris"], json!([]));
    let moved = ["--url", "https://new.example.com", "--credential", "none"];
    tenant.run(&moved).refused("other redirect URIs: https://osier.example.com/oauth/callback");
    tenant.run(&[&moved[..], &["--replace-redirects"]].concat()).well();
    let redirects = json!(["https://new.example.com/oauth/callback"]);
    assert_eq!(app(&tenant)["web"]["redirectUris"], redirects);
}

#[test]
fn a_registration_is_never_guessed() {
    let tenant = Tenant::new();
    tenant.register(&["--credential", "none", "--app-id", BEN]).refused("no registration");
    tenant.register(&["--credential", "none", "--name", "Osier test"]).well();
    let run = tenant.register(NONE).well();
    assert!(run.err.contains("'Osier' doesn't exist yet"), "a longer name isn't ours: {}", run.err);
    tenant.change(|state| state["apps"][0]["displayName"] = json!("Osier"));
    tenant.register(NONE).refused("several registrations are named 'Osier'");
    tenant.register(&["--credential", "none", "--app-id", APP]).well();
}

#[test]
fn a_role_that_is_not_for_people_is_refused() {
    let tenant = Tenant::registered();
    tenant.change(|state| {
        state["apps"][0]["appRoles"][0]["allowedMemberTypes"] = json!(["Application"]);
    });
    tenant.register(NONE).refused("not for users and groups");
}

#[test]
fn the_tenant_is_the_one_that_was_meant() {
    let tenant = Tenant::new();
    tenant.register(&["--credential", "none", "--tenant", BEN]).refused("not to");
    tenant.register(&["--credential", "none", "--tenant", &TENANT.to_uppercase()]).well();
    tenant.change(|state| state["account"] = Value::Null);
    tenant.register(NONE).refused("az login");
}

#[test]
fn consent_can_be_left_to_somebody_else() {
    let tenant = Tenant::new();
    let run = tenant.register(&["--credential", "none", "--no-consent"]).well();
    assert_eq!(tenant.state()["grants"], json!([]));
    assert!(run.err.contains("Grant admin consent"), "{}", run.err);
}

#[test]
fn bad_options_end_with_64_and_no_call() {
    let tenant = Tenant::new();
    let url = "https://osier.example.com";
    let cases: &[(&[&str], &str)] = &[
        (&["--credential", "none"], "--url is missing"),
        (&["--url", url], "--credential is missing"),
        (&["--url", url, "--credential", "password"], "must be secret, certificate"),
        (&["--url", "http://osier.example.com", "--credential", "none"], "must be https"),
        (&["--url", "https://osier.example.com/", "--credential", "none"], "without a path"),
        (&["--url", "https://Osier.example.com", "--credential", "none"], "lower case"),
        (&["--url", "https://a'b.example.com", "--credential", "none"], "must be https"),
        (&["--url", url, "--credential", "none", "--name", "O'sier"], "--name takes"),
        (&["--url", url, "--credential", "none", "--name", ""], "--name needs a value"),
        (&["--url", url, "--credential", "none", "--assign", "ben"], "ben is not an id"),
        (&["--url", url, "--credential", "none", "--app-id", "5d0b"], "5d0b is not an id"),
        (&["--url", url, "--credential", "none", "--asign", "x"], "--asign is not a known option"),
        (&["--url", url, "--credential"], "--credential needs a value"),
        (&["--url", url, "--credential", "secret", "--secret-days", "731"], "from 1 to 730"),
        (&["--url", url, "--credential", "secret", "--secret-days", "0"], "from 1 to 730"),
        (&["--url", url, "--credential", "certificate"], "needs --certificate"),
        (&["--url", url, "--credential", "federated", "--issuer", "https://i"], "and --subject"),
        (&["--url", url, "--credential", "managed-identity"], "needs --managed-identity"),
        (&["--url", url, "--credential", "none", "--rotate"], "goes with --credential secret"),
    ];
    for (words, text) in cases {
        let run = tenant.run(words);
        assert_eq!(run.code, 64, "{words:?}: {}", run.err);
        assert!(run.err.contains(text), "{words:?}: {}", run.err);
        assert_eq!(run.calls, [""; 0], "{words:?}");
        assert_eq!(run.out, "", "{words:?}");
    }
    let help = tenant.run(&["--help"]).well();
    assert!(help.out.starts_with("usage: register.sh"), "{}", help.out);
}

//! What the loader finds and how it says it.

mod shown;

use std::fs::Permissions;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;

use data_encoding::BASE64;
use secrecy::ExposeSecret;

use super::*;
use crate::outbound::Reach;

const DEMO: &str = include_str!("../../config/demo.toml");

/// What has no default, at the examples of `config/osier.toml`.
const NEEDED: &str = r#"
server.public_url = "https://osier.example.com"
identity.tenant_id = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34"
identity.audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
auth.credential = "secret"
auth.client_secret = "only-for-tests"
access.url = "https://authz.example.com"
access.audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
"#;

fn key(seed: u8) -> String {
    let bytes: Vec<u8> = (0..32_u8).map(|at| at.wrapping_mul(73).wrapping_add(seed)).collect();
    BASE64.encode(&bytes)
}

fn keyed() -> Environment {
    Environment::default().with("OSIER_KEYS__CURRENT", key(3))
}

fn parse(text: &str) -> Result<Config, Problems> {
    Config::parse("osier.toml", text, &keyed())
}

fn problems(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// `NEEDED` and one more line.
fn problems_with(line: &str) -> String {
    problems(&format!("{line}{NEEDED}"))
}

#[test]
fn the_demo_file_has_no_problem() {
    let config = parse(DEMO).unwrap();
    assert_eq!(config.server.resource(), "http://127.0.0.1:8080/mcp");
    assert!(config.backends.len() >= 3);
}

#[test]
fn all_problems_are_told_at_once_with_their_lines() {
    let text = r#"
[server]
listen = "8080"
publik_url = "https://osier.example.com"
max_body_bytes = 12

[identity]
require = "any"
audience = ["a"]

[sever]
x = 1

[backends.workflowcore]
base_url = "http://169.254.169.254/latest"
token = "forward"
deadline_ms = "10s"
"#;
    insta::assert_snapshot!(problems(text));
}

#[test]
fn syntax_errors_are_told_all_and_hide_what_may_only_seem_missing() {
    insta::assert_snapshot!(problems("[server\nlisten = \n[tools]\ndir = 3\ndir = \"x\"\n"));
}

#[test]
fn the_environment_wins_and_is_named() {
    let environment = keyed()
        .with("OSIER_SERVER__PUBLIC_URL", "https://other.example.com")
        .with("OSIER_IDENTITY__ALLOW_APP_ONLY", "true")
        .with("OSIER_SERVER__ALLOWED_ORIGINS", "https://a.example, https://b.example")
        .with("OSIER_BACKENDS__SITECORE__BASE_URL", "https://sitecore.example.com")
        .with("OSIER_BACKENDS__SITECORE__TOKEN", "none")
        .with("OSIER_TOKEN", "not a setting");
    let config = Config::parse("osier.toml", NEEDED, &environment).unwrap();
    assert_eq!(config.server.public_url.as_str(), "https://other.example.com/");
    assert_eq!(config.server.allowed_origins, ["https://a.example", "https://b.example"]);
    assert!(config.identity.allow_app_only);
    assert!(config.backends.contains_key("sitecore"));

    let environment = Environment::from_iter([
        ("OSIER_SERVER__PUBLIK_URL", "https://other.example.com"),
        ("OSIER_SERVER__LISTEN", ""),
        ("OSIER_SERVER__MAX_BODY_BYTES", "many"),
        ("OSIER_LIMITS__CALL_DEADLINE", "5000"),
        ("OSIER_KEYS__CURRENT_FILE", "/nonexistent/key"),
        ("OSIER_IDENTITY__REQUIRE", "any"),
    ]);
    let problems = Config::parse("osier.toml", NEEDED, &environment).unwrap_err();
    insta::assert_snapshot!(problems);
}

#[test]
fn a_secret_is_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{}\n", key(5))).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let environment =
        Environment::default().with("OSIER_KEYS__CURRENT_FILE", path.display().to_string());
    let config = Config::parse("osier.toml", NEEDED, &environment).unwrap();
    assert_eq!(config.keys.current.expose_secret(), BASE64.decode(key(5).as_bytes()).unwrap());
    let twice = environment.with("OSIER_KEYS__CURRENT", key(3));
    let problems = Config::parse("osier.toml", NEEDED, &twice).unwrap_err().to_string();
    assert!(
        problems.contains("OSIER_KEYS__CURRENT_FILE: keys.current: is set twice"),
        "{problems}"
    );
}

#[test]
fn weak_keys_are_refused_and_never_shown() {
    let text = BASE64.encode(b"correct horse battery staple, but long enough");
    let weak = [
        "hunter2hunter2!!",
        "aHVudGVyMg==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        text.as_str(),
    ];
    for weak in weak {
        let environment = Environment::default().with("OSIER_KEYS__CURRENT", weak);
        let problems = Config::parse("osier.toml", NEEDED, &environment).unwrap_err().to_string();
        assert!(problems.starts_with("OSIER_KEYS__CURRENT: keys.current: "), "{problems}");
        assert!(!problems.contains(weak), "{problems}");
    }
    let problems = Config::parse("osier.toml", NEEDED, &Environment::default()).unwrap_err();
    assert!(problems.to_string().contains("keys.current: is missing"), "{problems}");
    let config = parse(NEEDED).unwrap();
    assert!(!format!("{config:?}").contains(&key(3)));
}

#[test]
fn case_092_base_urls_of_metadata_and_private_addresses_are_refused() {
    let backend = |url: &str, allow: bool| {
        format!(
            "{NEEDED}\n[backends.b]\nbase_url = \"{url}\"\ntoken = \"none\"\n\
             allow_private_network = {allow}\n"
        )
    };
    let never = [
        "http://169.254.169.254/latest",
        "https://168.63.129.16",
        "https://[fe80::1]",
        "https://[::ffff:169.254.169.254]",
        "https://0.0.0.0",
        "https://metadata.google.internal",
        "https://2852039166",
        "https://[fd00:ec2::254]",
        "https://[2002:a9fe:a9fe::]",
    ];
    for url in never {
        for allow in [false, true] {
            let problems = problems(&backend(url, allow));
            assert!(problems.contains("backends.b.base_url: points to a metadata"), "{problems}");
        }
    }
    let only_if_allowed = [
        "http://127.0.0.1:8082",
        "https://127.1",
        "https://localhost",
        "https://api.localhost",
        "https://10.0.0.7",
        "https://172.16.3.4",
        "https://192.168.1.1",
        "https://100.64.0.1",
        "https://[::1]",
        "https://[fd12::1]",
        "https://[::ffff:10.0.0.7]",
        "https://[64:ff9b::10.0.0.7]",
        "http://workflowcore.internal",
    ];
    for url in only_if_allowed {
        let problems = problems(&backend(url, false));
        assert!(problems.contains("allow_private_network = true"), "{problems}");
        parse(&backend(url, true)).unwrap();
    }
    parse(&backend("https://8.8.8.8", false)).unwrap();
}

#[test]
fn addresses_that_carry_another_address_are_judged_by_it() {
    let reach = |ip: &str| Reach::of_ip(ip.parse::<IpAddr>().unwrap());
    assert_eq!(reach("8.8.8.8"), Reach::Public);
    assert_eq!(reach("2a00:1450:4001::1"), Reach::Public);
    assert_eq!(reach("64:ff9b:1::169.254.169.254"), Reach::Forbidden);
    assert_eq!(reach("64:ff9b::8.8.8.8"), Reach::Private);
    assert_eq!(reach("::ffff:8.8.8.8"), Reach::Public);
    assert_eq!(reach("2001:0:1::1"), Reach::Private);
    assert_eq!(reach("fec0::1"), Reach::Private);
    assert_eq!(reach("::"), Reach::Forbidden);
    assert_eq!(reach("255.255.255.255"), Reach::Forbidden);
}

#[test]
fn a_token_is_forwarded_to_our_own_audience_only() {
    let backend = "\n[backends.b]\nbase_url = \"https://b.example\"\n";
    let missing = problems(&format!("{NEEDED}{backend}"));
    assert!(missing.contains("backends.b.audience: is missing"), "{missing}");
    let other = problems(&format!("{NEEDED}{backend}audience = \"https://graph.microsoft.com\"\n"));
    assert!(other.contains("osier.toml:12: backends.b.audience: differs"), "{other}");
    let text = NEEDED.replace("8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34", "contoso");
    let both = problems(&format!("{text}{backend}audience = \"another\"\n"));
    assert!(both.contains("identity.tenant_id: must be an id"), "{both}");
    assert!(both.contains("backends.b.audience: differs"), "{both}");
}

const ON_BEHALF: &str = "
[backends.b]
base_url = \"https://b.example\"
token = \"on_behalf_of\"
";

#[test]
fn a_token_in_a_persons_name_needs_a_scope_and_our_own_credential() {
    let with = |scope: &str| format!("{NEEDED}{ON_BEHALF}scope = \"{scope}\"\n");
    let told = |text: &str| problems(text);
    let good = with("https://digitaltwins.azure.net/.default");
    let config = parse(&good).unwrap();
    let token = &config.backends["b"].http().unwrap().token;
    assert!(matches!(token, OutgoingToken::OnBehalfOf { scope } if scope.ends_with(".default")));
    assert!(told(&format!("{NEEDED}{ON_BEHALF}")).contains("backends.b.scope: is missing"));
    assert!(told(&with("user_impersonation")).contains("with its name before each"));
    assert!(told(&with("https://a.example/x https://b.example/y")).contains("names several APIs"));
    let own = "api://5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41/.default";
    assert!(told(&with(own)).contains("token = \"forward\""));
    // The credential, in either mode, of the registration that the tokens are for.
    let direct = "auth.mode = \"direct\"\n";
    assert!(parse(&format!("{direct}{good}")).unwrap().auth.registration().is_some());
    let without = good.replace("auth.credential = \"secret\"", "");
    let said = told(&format!("{direct}{without}"));
    assert!(said.contains("auth.credential: is required, because backends.b.token"), "{said}");
    let other = "auth.client_id = \"1f0c9e52-6d0f-4d0b-8d43-7f0b1c2d3e4f\"\n";
    let said = told(&format!("{other}{good}"));
    assert!(said.contains("auth.client_id: must be identity.audience, because"), "{said}");
    let flows = "identity.policies = [\"B2C_1_x\"]\nauth.upstream_scope = \"https://a/b\"\n";
    assert!(told(&format!("{flows}{good}")).contains("backends.b.token: can't be"));
    assert!(parse(&format!("{direct}{NEEDED}")).unwrap().auth.registration().is_some());
}

#[test]
fn a_service_credential_is_a_secret() {
    let backend = "\n[backends.b]\nbase_url = \"https://b.example\"\ntoken = \"service\"\n";
    let text = format!("{NEEDED}{backend}");
    assert!(problems(&text).contains("backends.b.service_token: is missing"));
    let environment = keyed().with("OSIER_BACKENDS__B__SERVICE_TOKEN", "hush-hush");
    let config = Config::parse("osier.toml", &text, &environment).unwrap();
    assert!(!format!("{config:?}").contains("hush-hush"));
    let environment = keyed().with("OSIER_BACKENDS__B__SERVICE_TOKEN", "two words");
    let said = Config::parse("osier.toml", &text, &environment).unwrap_err().to_string();
    assert!(said.contains("is empty, or has a blank") && !said.contains("two words"), "{said}");
}

#[test]
fn urls_that_would_mislead_are_refused() {
    let refused = [
        ("http://osier.example.com", "plain http is for loopback only"),
        ("https://osier.example.com/mcp", "must have no path"),
        ("https://ana:pw@osier.example.com", "must not hold a user name"),
        ("https://osier.example.com?x=1", "must have no ?"),
        ("ftp://osier.example.com", "must begin with https://"),
        ("osier.example.com", "isn't a URL"),
    ];
    for (url, says) in refused {
        let text = NEEDED.replace("https://osier.example.com", url);
        let problems = problems(&text);
        assert!(problems.contains(says), "{problems}");
    }
    let text = NEEDED.replace("https://osier.example.com", "http://localhost:8080");
    let server = parse(&text).unwrap().server;
    assert_eq!(server.hosts(), ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"]);
    assert_eq!(server.origins().len(), 3);
}

#[test]
fn case_086_wildcards_empty_names_and_typos_are_problems() {
    let refused = [
        "server.allowed_origins = [\"*\"]",
        "server.allowed_origins = [\"https://*.example.com\"]",
        "server.allowed_origins = [\"null\"]",
        "server.allowed_origin = []",
        "identity.tenant_id = \"common\"",
        "identity.tenant_id = \"*\"",
        "identity.audience = \"\"",
        "identity.audience = \"*\"",
        "identity.scope = \"\"",
        "identity.scope = \"*\"",
        "identity.allowed_clients = [\"*\"]",
        "identity.require = \"none\"",
        "access.adapter = \"all\"",
        "clients.redirect_uris = [\"*\"]",
        "clients.redirect_uris = [\"https://*\"]",
        "clients.cimd = [\"*\"]",
        "clients.cimd = [\"https://*.example.com/x\"]",
        "confirmation.fallback = \"yes\"",
        "serverr.x = 1",
        "tools.disabled = \"create_ticket\"",
    ];
    let mut faults = Vec::new();
    for line in refused {
        let key = line.split(" =").next().unwrap();
        let rest: Vec<&str> =
            NEEDED.lines().filter(|needed| !needed.starts_with(&format!("{key} "))).collect();
        let text = format!("{line}\n{}", rest.join("\n"));
        let said = parse(&text).map_or_else(|said| said.to_string(), |_| "it is taken".to_owned());
        if !said.contains("osier.toml:1: ") {
            faults.push(format!("{line}: {said}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn case_086_a_list_of_clients_that_refuses_everybody_is_refused() {
    let said = problems_with("identity.allowed_clients = []");
    assert!(said.contains("osier.toml:1: identity.allowed_clients: is empty"), "{said}");
    let said = problems_with("identity.allowed_clients = [\"any\", \"x\"]");
    assert!(said.contains("identity.allowed_clients.0: must be an id"), "{said}");
    let id = "C6E5E890-22a1-548b-9645-5cac0d47aa53";
    let said = problems(&format!("identity.allowed_clients = [\"{id}\"]{NEEDED}"));
    assert!(said.contains("identity.allowed_clients: lacks auth.client_id"), "{said}");
    let own = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41";
    let both = format!("identity.allowed_clients = [\"{id}\", \"{own}\"]{NEEDED}");
    let config = parse(&both).unwrap();
    assert!(config.identity.allowed_clients.contains(&id.to_lowercase()));
    assert!(!config.identity.allowed_clients.contains("other"));
}

#[test]
fn clients_are_read_and_what_would_mislead_is_refused() {
    let since = |moment: &str| {
        let text = format!("{NEEDED}\n[clients]\nnot_before = {moment}\n");
        parse(&text).map(|config| config.clients.not_before).map_err(|found| found.to_string())
    };
    let moments =
        ["1793491200", "\"1793491200\"", "2026-11-01T00:00:00Z", "\"2026-11-01T01:00:00+01:00\""];
    for moment in moments {
        assert_eq!(since(moment), Ok(1_793_491_200), "{moment}");
    }
    for moment in ["\"yesterday\"", "\"2026-11-01\"", "-1", "\"1969-01-01T00:00:00Z\""] {
        let said = since(moment).unwrap_err();
        assert!(said.contains("clients.not_before: must be a moment"), "{said}");
    }
    let refused = [
        ("redirect_uris = []", "clients.redirect_uris: is empty"),
        ("redirect_uris = [\"http://a.example/cb\"]", "clients.redirect_uris.0: is plain http"),
        ("cimd = [\"https://a.example\"]", "clients.cimd.0: must have a path"),
        ("registration_days = 0", "clients.registration_days: must be a whole number from 1"),
    ];
    for (line, says) in refused {
        let said = problems(&format!("{NEEDED}\n[clients]\n{line}\n"));
        assert!(said.contains(says), "{said}");
    }
    let none = parse(&format!("{NEEDED}\n[clients]\ncimd = []\n")).unwrap().clients.documents;
    let id = DocumentId::parse("https://claude.ai/oauth/mcp-oauth-client-metadata");
    assert!(!none.contain(&id.unwrap()));
}

#[test]
fn a_mistyped_level_is_no_module() {
    for good in ["info", "OFF", "osier", "warn,osier=debug", "osier::app=trace, error"] {
        assert!(parse(&format!("log.filter = \"{good}\"{NEEDED}")).is_ok(), "{good}");
    }
    for bad in ["inof", "warn,debugg", "osier=loud"] {
        let told = problems_with(&format!("log.filter = \"{bad}\""));
        assert!(told.contains("log.filter") && told.contains("isn't a filter"), "{bad}: {told}");
    }
}

#[test]
fn each_source_of_permissions_needs_its_own_and_says_so() {
    let access = |lines: &str| {
        let rest: Vec<&str> = NEEDED.lines().filter(|line| !line.starts_with("access.")).collect();
        format!("{}\n[access]\n{lines}", rest.join("\n"))
    };
    let fga = "adapter = \"openfga\"\nurl = \"https://fga.example\"\n";
    let zen = "adapter = \"authzen\"\nurl = \"https://pdp.example\"\n";
    let refused = [
        ("adapter = \"openfga\"\n", "access.url: is missing: the OpenFGA server's base URL"),
        (fga, "access.openfga.store: is missing"),
        (&format!("{fga}openfga = {{ store = \"s\", user = \"user:x\" }}"), "must hold {oid}"),
        (&format!("{fga}openfga = {{ store = \"s\", global = \"x\" }}"), "must be TYPE:ID"),
        (&format!("{fga}openfga = {{ store = \"s\", site_type = \"\" }}"), "must not be empty"),
        ("adapter = \"authzen\"\n", "access.url: is missing: the decision point's base URL"),
        (&format!("{zen}authzen.places = [\"S\", \"/L\"]"), "access.authzen.places.1: must be"),
        (
            &format!("{zen}authzen = {{ location_type = \"\", places = [\"S/L\"] }}"),
            "access.authzen.places.0: is a location",
        ),
        ("adapter = \"claims\"\n", "access.file: is missing: the file of what roles"),
        ("adapter = \"claims\"\nfile = \"f\"\nchanges_url = \"https://c.example\"", "is not used"),
        (&format!("{zen}names = {{ a = \"\" }}"), "access.names: 'a': neither name may be empty"),
        (&format!("{zen}list_deadline_ms = 0"), "must be a whole number from 50 to 60000"),
    ];
    for (lines, says) in refused {
        let said = problems(&access(lines));
        assert!(said.contains(says), "{lines}: {said}");
    }
    let token = "token = \"hunter2hunter2\"\nauthzen.places = [\"S\", \"S/L\"]";
    let config = parse(&access(&format!("{zen}{token}"))).unwrap();
    let Adapter::AuthZen(authzen) = &config.access.adapter else { panic!("{config:?}") };
    assert_eq!(authzen.places, [("S".into(), None), ("S".into(), Some("L".into()))]);
    assert!(!format!("{config:?}").contains("hunter2"));
}

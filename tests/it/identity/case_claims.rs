//! security.md A, the claims: cases 5-8, 10, 11 and 18.

use osier::identity::{Flaw, Principal, Rejection, Require, V1};
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, BEN, CLIENT, ISSUER, TENANT};
use super::world::World;

#[tokio::test]
async fn case_005_wrong_audience() {
    let world = World::new().await;
    world.accepts("ours", &world.claiming("aud", AUDIENCE)).await;
    for aud in [
        "00000003-0000-0000-c000-000000000000",
        "https://graph.microsoft.com",
        "6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c12",
        "6A1F0C1E-8F5E-4A57-9D3C-2B1F6F0A9C11",
        "api://6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c11",
        "6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c11/",
        "6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c11 ",
        "https://osier.example/mcp",
        "",
    ] {
        world.bad(aud, &world.claiming("aud", aud), Flaw::Audience).await;
    }
    // Entra writes a string; an array was made for another reader, even one with only ours.
    for aud in [json!([AUDIENCE]), json!([AUDIENCE, "other"]), json!([]), json!(null), json!(1)] {
        world.bad(&aud.to_string(), &world.claiming("aud", aud.clone()), Flaw::Payload).await;
    }
    world.bad("none", &world.without("aud"), Flaw::Payload).await;
}

#[tokio::test]
async fn case_006_wrong_issuer() {
    let world = World::new().await;
    world.accepts("ours", &world.claiming("iss", ISSUER)).await;
    for iss in [
        "https://sts.windows.net/7d0f4a6e-3c55-4b0e-9a34-5d0b6f1f2a10/".to_owned(),
        "https://login.example/7d0f4a6e-3c55-4b0e-9a34-5d0b6f1f2a11/v2.0".to_owned(),
        "https://login.example/common/v2.0".to_owned(),
        "https://login.example/{tenantid}/v2.0".to_owned(),
        format!("{ISSUER}/"),
        format!("{ISSUER} "),
        ISSUER.to_uppercase(),
        ISSUER.replace("https", "HTTPS"),
        ISSUER.replace("https", "http"),
        String::new(),
    ] {
        world.bad(&iss, &world.claiming("iss", iss.as_str()), Flaw::Issuer).await;
    }
    for iss in [json!([ISSUER]), json!(null), json!(1)] {
        world.bad(&iss.to_string(), &world.claiming("iss", iss.clone()), Flaw::Payload).await;
    }
    world.bad("none", &world.without("iss"), Flaw::Payload).await;
}

#[tokio::test]
async fn case_006_v1_only_where_switched_on() {
    let v1 = V1 {
        issuer: format!("https://sts.windows.net/{TENANT}/"),
        audiences: vec![format!("api://{AUDIENCE}")],
    };
    let issuer = v1.issuer.clone();
    let world = World::with(|settings| settings.v1 = Some(v1)).await;
    let v1_token = |aud: &str| {
        world.token(|_, claims| {
            claims["iss"] = issuer.as_str().into();
            claims["aud"] = aud.into();
            claims["appid"] = claims["azp"].take();
            claims.as_object_mut().unwrap().remove("azp");
        })
    };
    world.accepts("v2", &world.good()).await;
    world.accepts("v1", &v1_token(&format!("api://{AUDIENCE}"))).await;
    world.accepts("v1 by GUID", &v1_token(AUDIENCE)).await;
    let identity = world.judge(&v1_token(AUDIENCE)).await.unwrap();
    assert_eq!(identity.client(), Some(CLIENT));
    world.bad("another", &v1_token("api://other"), Flaw::Audience).await;
    let mixed = world.claiming("aud", format!("api://{AUDIENCE}"));
    world.bad("v1's audience in v2", &mixed, Flaw::Audience).await;
}

#[tokio::test]
async fn case_007_other_tenant() {
    let world = World::new().await;
    for tid in ["7d0f4a6e-3c55-4b0e-9a34-5d0b6f1f2a11", "", "common"] {
        world.bad(tid, &world.claiming("tid", tid), Flaw::Tenant).await;
    }
    let upper = world.claiming("tid", TENANT.to_uppercase());
    world.bad("case", &upper, Flaw::Tenant).await;
    world.bad("null", &world.claiming("tid", Value::Null), Flaw::Payload).await;
    world.bad("list", &world.claiming("tid", json!([TENANT])), Flaw::Payload).await;
    world.bad("none", &world.without("tid"), Flaw::Payload).await;
}

#[tokio::test]
async fn case_008_wrong_scope() {
    let world = World::with(|settings| settings.require = Require::Scope).await;
    for scp in ["Mcp.Access", "Mcp.Access Other", "Other Mcp.Access", "A  Mcp.Access  B"] {
        world.accepts(scp, &world.claiming("scp", scp)).await;
    }
    for scp in [
        "Mcp.AccessAll",
        "xMcp.Access",
        "mcp.access",
        "MCP.ACCESS",
        "Mcp",
        "Access",
        "Mcp.Access,Other",
        "Mcp.Access\tOther",
        "Other\u{a0}Mcp.Access",
        "api://app/Mcp.Access",
        "Mcp.Access\u{0}",
        "Other",
    ] {
        world.refuses(scp, &world.claiming("scp", scp), Rejection::ScopeMissing).await;
    }
    let in_roles = world.token(|_, claims| {
        claims["scp"] = "Other".into();
        claims["roles"] = json!(["Mcp.Access"]);
    });
    world.refuses("in roles instead", &in_roles, Rejection::ScopeMissing).await;
    for scp in [json!(["Mcp.Access"]), json!(null), json!(true)] {
        world.bad(&scp.to_string(), &world.claiming("scp", scp.clone()), Flaw::Payload).await;
    }
}

#[tokio::test]
async fn case_010_times_at_the_bounds() {
    let world = World::new().await;
    let now = world.clock.unix_seconds();
    let at = |claim: &str, time: u64| {
        world.token(|_, claims| {
            claims["nbf"] = (now - 4000).into();
            claims["iat"] = (now - 4000).into();
            claims[claim] = time.into();
        })
    };
    for time in [now + 4500, now, now - 59] {
        world.accepts("exp", &at("exp", time)).await;
    }
    for time in [now - 60, now - 61, now - 3600] {
        world.bad("exp", &at("exp", time), Flaw::Expired).await;
    }
    for time in [now, now + 59, now + 60] {
        world.accepts("nbf", &at("nbf", time)).await;
        world.accepts("iat", &at("iat", time)).await;
    }
    for time in [now + 61, now + 3600] {
        world.bad("nbf", &at("nbf", time), Flaw::NotYet).await;
        world.bad("iat", &at("iat", time), Flaw::IssuedLater).await;
    }
}

#[tokio::test]
async fn case_011_times_of_wrong_types() {
    let world = World::new().await;
    let now = world.clock.unix_seconds();
    let values = [
        json!(now.to_string()),
        json!(null),
        json!(1_800_000_000.5),
        json!(-1),
        json!(1e308),
        json!([now]),
        json!({}),
        json!(true),
    ];
    for claim in ["exp", "nbf", "iat"] {
        for value in &values {
            let token = world.claiming(claim, value.clone());
            world.bad(&format!("{claim} {value}"), &token, Flaw::Payload).await;
        }
    }
    world.bad("no exp", &world.without("exp"), Flaw::Payload).await;
    world.bad("no nbf", &world.without("nbf"), Flaw::Payload).await;
    world.bad("exp at the end of days", &world.claiming("exp", u64::MAX), Flaw::Times).await;
    world.bad("exp in milliseconds", &world.claiming("exp", now * 1000), Flaw::Times).await;
    let token = world.claiming("iat", u64::MAX);
    world.bad("iat at the end of days", &token, Flaw::Times).await;
    world.bad("exp before nbf", &world.claiming("exp", now - 1), Flaw::Times).await;
    // A number that isn't an integer where it is read as one: 1e400 isn't even JSON's.
    for number in ["1e3", "1.0", "18446744073709551616", "1e400", "-0"] {
        let text = super::issuer::good_claims(now).to_string();
        let text = text.replace(&format!("\"exp\":{}", now + 4500), &format!("\"exp\":{number}"));
        let header = super::issuer::good_header(&super::issuer::KEYS[0]).to_string();
        let token = super::issuer::KEYS[0].sign(header.as_bytes(), text.as_bytes());
        world.bad(number, &token, Flaw::Payload).await;
    }
}

#[tokio::test]
async fn case_018_clients_on_a_list() {
    let list = |clients: &[&str]| Some(clients.iter().map(|&client| client.to_owned()).collect());
    let world = World::with(|settings| settings.allowed_clients = list(&["other", CLIENT])).await;
    world.accepts("a listed client", &world.good()).await;
    let token = world.claiming("azp", "d0000000-0000-4000-8000-00000000000d");
    world.refuses("another client", &token, Rejection::ClientNotAllowed).await;
    world.refuses("no client", &world.without("azp"), Rejection::ClientNotAllowed).await;
    let both = world.token(|_, claims| {
        claims["azp"] = "other-client".into();
        claims["appid"] = CLIENT.into();
    });
    world.refuses("a second name", &both, Rejection::ClientNotAllowed).await;
    // A list with nobody on it isn't 'no list'.
    let world = World::with(|settings| settings.allowed_clients = list(&[])).await;
    world.refuses("an empty list", &world.good(), Rejection::ClientNotAllowed).await;
}

#[tokio::test]
async fn an_identity_says_who_and_hides_the_rest() {
    let world = World::new().await;
    let token = world.good();
    let identity = world.judge(&token).await.unwrap();
    assert_eq!((identity.tenant(), identity.subject()), (TENANT, BEN));
    assert_eq!(identity.principal(), Principal::Person);
    assert_eq!(identity.email(), Some("ben@contoso.example"));
    assert_eq!(identity.masked_email().as_deref(), Some("b***@contoso.example"));
    assert_eq!(identity.token_id(), Some("uti-1"));
    assert_eq!(identity.expires_at(), world.clock.unix_seconds() + 4500);
    let bearer = secrecy::ExposeSecret::expose_secret(identity.bearer().unwrap());
    assert_eq!(bearer, token);
    let key = identity.person_key();
    assert_eq!((key.tenant(), key.subject()), (TENANT, BEN));
    let shown = format!("{identity:?}");
    assert!(!shown.contains("ben@"), "{shown}");
    assert!(!token.split('.').any(|part| shown.contains(part)), "{shown}");
    for odd in ["no address", "two@at@signs", "line\nbreak@contoso.example", "@contoso.example"] {
        let identity = world.judge(&world.claiming("preferred_username", odd)).await.unwrap();
        assert_eq!(identity.email(), None, "{odd}");
    }
    for odd in ["", "with space", "line\nbreak", "{\"a\":1}", &"x".repeat(129)] {
        world.bad(odd, &world.claiming("oid", odd), Flaw::Identifier).await;
        world.bad(odd, &world.claiming("uti", odd), Flaw::Identifier).await;
        world.bad(odd, &world.claiming("azp", odd), Flaw::Identifier).await;
    }
}

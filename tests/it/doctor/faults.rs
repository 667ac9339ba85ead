//! The twelve faults that a deployment is most likely to have, one at a time, and none.

use osier::demo::{API_CLIENT_ID, BEN, CLIENT_SECRET, DAN, Endpoint, Fault, PERMISSIONS_PATH};

use super::world::World;

/// Microsoft Graph.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

#[tokio::test]
async fn all_is_well() {
    let world = World::new().await;
    let visit = world.visit(Some(&world.token())).await;
    assert_eq!((visit.code, visit.err.as_str()), (Some(0), ""), "{visit:?}");
    let expected = [
        "discovery",
        "clock",
        "keys",
        "credential",
        "redirect",
        "token",
        "permissions",
        "backend activate",
        "backend adt",
        "token for adt",
        "backend documents",
        "backend insightcore",
        "backend livedatacore",
        "backend mapped",
        "backend reports",
        "backend sitecore",
        "backend snowflake",
        "token for snowflake",
        "backend workflowcore",
        "store",
    ];
    let checks: Vec<&str> = visit
        .said
        .lines()
        .map(|line| line.strip_prefix("ok       ").unwrap_or_else(|| panic!("{}", visit.said)))
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(checks, expected);
    assert!(visit.line("token").contains(BEN.oid), "{}", visit.said);
}

#[tokio::test]
async fn v1_tokens() {
    let world = World::new().await;
    world.around.entra().tokens_are_v1(true);
    let says = [
        "it is a v1 token",
        "api.requestedAccessTokenVersion = 2",
        "az ad app update --id 0221c1d6",
        "--requested-access-token-version 2",
    ];
    world.one_fault(Some(&world.token()), "token", &says).await;
}

#[tokio::test]
async fn wrong_audience() {
    let world = World::new().await;
    let entra = world.around.entra();
    entra.set_token_audience(Some(GRAPH));
    let scope = format!("the client must ask for api://{API_CLIENT_ID}/Mcp.Access, in full");
    world.one_fault(Some(&world.token()), "token", &["another audience", &scope]).await;
    entra.set_token_audience(Some("11111111-1111-4111-8111-111111111111"));
    let says = ["another audience, 11111111-1111", "identity.audience", "Overview"];
    world.one_fault(Some(&world.token()), "token", &says).await;
}

#[tokio::test]
async fn other_tenant() {
    let world = World::new().await;
    let other = "22222222-2222-4222-8222-222222222222";
    world.around.entra().set_token_tenant(Some(other));
    let says = ["it is of another tenant, 22222222-2222", "az login --tenant f7ddedfa"];
    world.one_fault(Some(&world.token()), "token", &says).await;
    world.around.entra().restore();
    // As Entra really writes it: the tenant stands in the issuer too.
    let token = world.around.entra().mint(&BEN, |claims| {
        claims.insert("tid".to_owned(), other.into());
        let issuer = format!("https://login.microsoftonline.com/{other}/v2.0");
        claims.insert("iss".to_owned(), issuer.into());
    });
    world.one_fault(Some(&token), "token", &says).await;
}

#[tokio::test]
async fn missing_scope() {
    let world = World::new().await;
    let token = world.around.entra().token(&DAN);
    let says = [
        "it lacks the scope Mcp.Access",
        "scp Other.Read",
        "Expose an API",
        "az ad app permission add",
        "admin-consent",
    ];
    world.one_fault(Some(&token), "token", &says).await;
}

#[tokio::test]
async fn missing_role() {
    let mut world = World::new().await;
    world.set("IDENTITY__REQUIRE", "role");
    let says =
        ["it lacks the app role Mcp.Access", "Users and groups", "appRoleAssignedTo", BEN.oid];
    world.one_fault(Some(&world.token()), "token", &says).await;
    world.around.entra().set_roles(&BEN, &["Mcp.Access"]);
    assert_eq!(world.visit(Some(&world.token())).await.code, Some(0));
}

#[tokio::test]
async fn group_overage() {
    let world = World::new().await;
    world.around.entra().set_group_overage(&BEN, true);
    let says = ["too many groups", "Token configuration", "groupMembershipClaims=ApplicationGroup"];
    let visit = world.one_fault(Some(&world.token()), "groups", &says).await;
    // Osier itself lets the person in.
    assert!(visit.line("token").starts_with("ok"), "{}", visit.said);
}

#[tokio::test]
async fn expired_secret() {
    let mut world = World::new().await;
    world.around.entra().expire_secrets(API_CLIENT_ID);
    let reset = format!("az ad app credential reset --id {API_CLIENT_ID}");
    let says = ["The client secret has expired", "AADSTS7000222", "correlation id", &reset];
    world.one_fault(Some(&world.token()), "credential", &says).await;
    world.set("AUTH__CLIENT_SECRET", "another");
    let says = ["The client secret is wrong", "AADSTS7000215", "not its id", &reset];
    world.one_fault(Some(&world.token()), "credential", &says).await;
}

/// Without a person nobody sees it; but whoever asked for a token holds Entra's refusal.
#[tokio::test]
async fn missing_consent() {
    let world = World::new().await;
    let scope = format!("api://{API_CLIENT_ID}/Mcp.Access");
    let form = [
        ("grant_type", "password"),
        ("client_id", API_CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scope", &scope),
        ("username", "ben"),
        ("password", "demo"),
    ];
    let http = osier::outbound::client(&osier::outbound::Limits::documents()).unwrap();
    let url = world.around.entra().url(Endpoint::Token);
    let refused = http.post(url).form(&form).send().await.unwrap().text().await.unwrap();
    let consent = format!("az ad app permission admin-consent --id {API_CLIENT_ID}");
    let says = ["AADSTS65001: Nobody has consented", "Grant admin consent", &consent];
    world.one_fault(Some(&refused), "token", &says).await;
}

#[tokio::test]
async fn redirect_not_registered() {
    let world = World::new().await;
    world.around.entra().alter_app(API_CLIENT_ID, |app| {
        app.redirect_uris = vec!["https://osier.example/oauth/callback".to_owned()];
    });
    let says = [
        "redirect address isn't registered",
        "AADSTS50011",
        "under the platform Web",
        "--web-redirect-uris http://127.0.0.1:8080/oauth/callback",
    ];
    world.one_fault(Some(&world.token()), "redirect", &says).await;
}

#[tokio::test]
async fn clock_off_by_ten_minutes() {
    for (seconds, says) in [(600, "is 10 minutes behind Entra's"), (-600, "is 10 minutes ahead of")]
    {
        let world = World::new().await;
        // Before: by then its tokens aren't good either.
        let token = world.token();
        world.around.entra().set_skew(seconds);
        let says = [says, "good tokens are refused", "timedatectl"];
        world.one_fault(Some(&token), "clock", &says).await;
    }
    let world = World::new().await;
    world.around.entra().set_skew(600);
    let visit = world.visit(Some(&world.token())).await;
    assert!(visit.line("token").contains("it only holds in"), "{}", visit.said);
    assert!(visit.said.contains("see clock"), "{}", visit.said);
}

#[tokio::test]
async fn keys_unreachable() {
    let world = World::new().await;
    let token = world.token();
    world.around.entra().inject(Endpoint::Keys, Fault::answer(503, ""));
    let says =
        ["/discovery/v2.0/keys can't be reached or fails", "no token can be judged", "firewall"];
    world.one_fault(None, "keys", &says).await;
    let visit = world.visit(Some(&token)).await;
    assert!(visit.line("token").contains("can't be judged without Entra's keys"), "{}", visit.said);
    assert_eq!(visit.code, Some(1));
}

#[tokio::test]
async fn permission_service_answers_403() {
    let world = World::new().await;
    let wire = world.around.services().wire();
    wire.inject(PERMISSIONS_PATH, Fault::answer(403, "{}"));
    let says = ["answers 403", "they may do nothing", "let the permission service know the person"];
    world.one_fault(Some(&world.token()), "permissions", &says).await;
}

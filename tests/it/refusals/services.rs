//! The same for troubles that a service makes: what is told of each, and that none of its own words are.

use std::time::Duration;

use http::Method;
use osier::call::{Hindrance, Refusal, Trouble, TroubleKind};
use osier::demo::{API_CLIENT_ID, BEN, Endpoint, Fault, Obstacle, SITE_60M};
use osier::error;
use serde_json::json;

use super::{new_ticket, settings, told};
use crate::harness::{Answered, Client, TestApp};

/// The test that shows a service's trouble.
pub(super) fn shown_by(kind: &TroubleKind) -> fn() {
    match kind {
        TroubleKind::Rejected(_) => rejected,
        TroubleKind::QueryFailed => query_failed,
        TroubleKind::NotSignedIn => not_signed_in,
        TroubleKind::Forbidden => forbidden,
        TroubleKind::Gone => gone,
        TroubleKind::Conflict => conflict,
        TroubleKind::Stale => stale,
        TroubleKind::Busy(_) => busy,
        TroubleKind::Unreachable => unreachable,
        TroubleKind::NoAnswer => no_answer,
        TroubleKind::BadAnswer => bad_answer,
        TroubleKind::Unknown => end_unknown,
        TroubleKind::NoToken => needs_token,
        TroubleKind::NoTokenFor(hindrance, _) => match hindrance {
            Hindrance::Consent | Hindrance::SignIn | Hindrance::Policy => needs_more,
            Hindrance::Setup | Hindrance::Away => token_not_had,
        },
    }
}

/// What `ben` is told of his tickets while the service behaves like this.
async fn while_tickets(fault: Fault) -> String {
    let app = TestApp::new().await;
    app.around.services().inject("/workflowcore/tickets/search", fault);
    told(&app.as_user("ben").await.call("list_tickets", json!({})).await)
}

#[tokio::test]
async fn rejected() {
    insta::assert_snapshot!(while_tickets(Fault::answer(400, "secret")).await, @"200 isError workflowcore doesn't accept these values. Check them and try again.");
    let problem = json!({"title": "secret", "errors": {"pageSize": ["secret"], "hidden": ["x"], "<b>": ["x"]}});
    let fault =
        Fault::answer(422, problem.to_string()).header("content-type", "application/problem+json");
    insta::assert_snapshot!(while_tickets(fault).await, @"200 isError workflowcore doesn't accept the value of: pageSize.");
}

#[tokio::test]
async fn query_failed() {
    let app = TestApp::new().await;
    app.around.services().inject("/snowflake", Fault::answer(422, r#"{"message": "secret"}"#));
    let arguments = json!({"queryId": "energy_by_site"});
    let reply = app.as_user("ana").await.call("run_dashboard_query", arguments).await;
    insta::assert_snapshot!(told(&reply), @"200 isError snowflake couldn't run this query. Check the parameters; if they are right, its administrator should look.");
}

#[tokio::test]
async fn not_signed_in() {
    insta::assert_snapshot!(while_tickets(Fault::answer(401, "secret")).await, @"200 isError workflowcore doesn't accept your sign-in. Sign in again.");
}

#[tokio::test]
async fn forbidden() {
    insta::assert_snapshot!(while_tickets(Fault::answer(403, "secret")).await, @"200 isError workflowcore doesn't allow you to do this.");
}

#[tokio::test]
async fn gone() {
    insta::assert_snapshot!(while_tickets(Fault::answer(410, "secret")).await, @"200 isError workflowcore no longer has this record.");
}

#[tokio::test]
async fn conflict() {
    insta::assert_snapshot!(while_tickets(Fault::answer(409, "secret")).await, @"200 isError workflowcore says that this collides with another change. Look again first.");
}

#[tokio::test]
async fn stale() {
    let app = TestApp::new().await;
    let id = app.around.services().tickets_of(SITE_60M)[0]["id"].as_str().unwrap().to_owned();
    let fault = Fault::answer(412, "secret").only(Method::PATCH);
    app.around.services().inject("/workflowcore/tickets", fault);
    let ben = app.as_user("ben").await;
    let change = json!({"ticketId": id, "priority": 1});
    let reply = ben.call_answering("update_ticket", change, Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The record changed in workflowcore meanwhile, so nothing was written. Look at it as it is now first.");
}

#[tokio::test]
async fn busy() {
    let later = Fault::answer(429, "secret").header("retry-after", "7");
    insta::assert_snapshot!(while_tickets(later).await, @"200 isError workflowcore is busy. Try again in 7 seconds.");
    insta::assert_snapshot!(while_tickets(Fault::answer(503, "secret")).await, @"200 isError workflowcore is busy. Try again in a little while.");
}

#[tokio::test]
async fn unreachable() {
    let nowhere = "http://127.0.0.1:9/workflowcore";
    let app = TestApp::with(settings("OSIER_BACKENDS__WORKFLOWCORE__BASE_URL", nowhere)).await;
    let reply = app.as_user("ben").await.call("list_tickets", json!({})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError workflowcore doesn't answer at the moment. Try again in a minute.");
}

#[tokio::test]
async fn no_answer() {
    let app = TestApp::with(settings("OSIER_BACKENDS__WORKFLOWCORE__DEADLINE_MS", "500")).await;
    app.around.services().inject("/workflowcore", Fault::slow(Duration::from_secs(3)));
    let reply = app.as_user("ben").await.call("list_tickets", json!({})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError workflowcore didn't answer in time. Ask for less, or try again in a minute.");
}

#[tokio::test]
async fn bad_answer() {
    insta::assert_snapshot!(while_tickets(Fault::answer(200, "<html>secret")).await, @"200 isError workflowcore gave an answer that can't be used. Its administrator should look.");
}

#[tokio::test]
async fn end_unknown() {
    let app = TestApp::new().await;
    let fault = Fault::answer(500, "secret").only(Method::POST).exactly();
    app.around.services().inject("/workflowcore/tickets", fault.after_handling());
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The change was sent to workflowcore and may have been carried out: no answer that can be used came back. Look the record up before you try again.");
}

/// No front door lets a caller in without a token yet, so that the table alone can be read.
#[test]
fn needs_token() {
    let trouble = Trouble { service: "workflowcore".to_owned(), kind: TroubleKind::NoToken };
    let error::Rendered::Tool { text } = error::mcp(&Refusal::Service(trouble)) else {
        panic!("not a text");
    };
    insta::assert_snapshot!(text, @"workflowcore needs your own sign-in, and this caller has none to pass on.");
}

/// `ben` where sitecore needs a token of another audience.
async fn in_his_name() -> (TestApp, Client) {
    let app = TestApp::with(crate::tokens::on_behalf("SITECORE")).await;
    let ben = app.as_user("ben").await;
    (app, ben)
}

#[tokio::test]
async fn needs_more() {
    let told_with = async |obstacle| {
        let (app, ben) = in_his_name().await;
        app.around.entra().set_obstacle(&BEN, Some(obstacle));
        told(&ben.call("list_sites", json!({})).await)
    };
    insta::assert_snapshot!(told_with(Obstacle::Consent).await, @"200 isError sitecore can't be used in your name as yet. Nobody has consented to Osier's registration for this person. An administrator of your organisation has to consent to it in Microsoft Entra, once for everybody. Then try again.");
    insta::assert_snapshot!(told_with(Obstacle::SecondFactor).await, @"200 isError sitecore can't be used with your present sign-in. A second factor is required now, by a policy or because of a new place. Sign out of Osier in your assistant and sign in again, going through what Microsoft Entra asks. If this comes back, ask an administrator of your organisation.");
    insta::assert_snapshot!(told_with(Obstacle::Block).await, @"200 isError sitecore can't be used by you: Microsoft Entra doesn't allow it. A Conditional Access policy blocks this sign-in. Ask an administrator of your organisation.");
}

#[tokio::test]
async fn token_not_had() {
    let (app, ben) = in_his_name().await;
    app.around.entra().inject(Endpoint::Token, Fault::answer(503, "secret"));
    insta::assert_snapshot!(told(&ben.call("list_sites", json!({})).await), @"200 isError sitecore can't be used at the moment, because Microsoft Entra gives no token for it. Try again in a minute.");
    let (app, ben) = in_his_name().await;
    app.around.entra().expire_secrets(API_CLIENT_ID);
    insta::assert_snapshot!(told(&ben.call("list_sites", json!({})).await), @"200 isError sitecore can't be used in your name, because Osier isn't set up for it. Ask whoever runs Osier in your organisation.");
}

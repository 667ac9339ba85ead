//! Whom `osier explain` speaks of, and what its source needs to know of them: an object id alone, or
//! a token of theirs, judged as the server judges it.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::Question;
use crate::access::{Assignments, Subject};
use crate::app;
use crate::clock::Clock;
use crate::config::{Adapter, Config};
use crate::doctor::Given;
use crate::identity::{Authenticator, Groups, Identity, Principal};
use crate::outbound::{self, Limits};

/// Somebody.
pub(super) struct Person {
    /// As they were named.
    pub(super) name: String,
    /// Their object id.
    pub(super) oid: String,
    pub(super) principal: Principal,
    /// Where their permissions come from, in words.
    pub(super) source: &'static str,
    identity: Option<Arc<Identity>>,
    roles: Vec<String>,
    groups: Groups,
}

impl Person {
    /// As the source is asked about them.
    pub(super) fn subject<'a>(&'a self, config: &'a Config) -> Subject<'a> {
        match &self.identity {
            Some(identity) => Subject::of(identity),
            None => Subject {
                tenant: &config.identity.tenant_id,
                oid: &self.oid,
                bearer: None,
                roles: &self.roles,
                groups: &self.groups,
            },
        }
    }
}

/// Finds out who is meant.
pub(super) async fn find(
    config: &Config,
    question: &Question<'_>,
    clock: &Clock,
) -> anyhow::Result<Person> {
    let (source, needs_token) = match &config.access.adapter {
        Adapter::Http(_) => ("the permission service, asked with their token", true),
        Adapter::File(_) => ("the file of permissions", false),
        Adapter::OpenFga(_) => ("OpenFGA", false),
        Adapter::AuthZen(_) => ("the AuthZEN decision point", false),
        Adapter::Claims(_) => ("the roles and groups of their token", false),
    };
    let claims = matches!(config.access.adapter, Adapter::Claims(_));
    ensure!(
        claims || (question.roles.is_empty() && question.groups.is_empty()),
        "--role and --group are for access.adapter = \"claims\": this adapter decides by something else"
    );
    let name = question.user.to_owned();
    if let Some(given) = question.token {
        let identity = judge(config, given, clock).await?;
        let (oid, principal) = (identity.subject().to_owned(), identity.principal());
        let known = [Some(identity.subject()), identity.email()]
            .into_iter()
            .flatten()
            .any(|known| known.eq_ignore_ascii_case(&name));
        ensure!(
            known || named_in_file(config, &name)?.is_some_and(|id| id.eq_ignore_ascii_case(&oid)),
            "the token isn't {name}'s: name its person by object id or e-mail address"
        );
        let (roles, groups) = (Vec::new(), Groups::default());
        let identity = Some(identity);
        let name = question.called.to_owned();
        return Ok(Person { name, oid, principal, source, identity, roles, groups });
    }
    if needs_token {
        bail!(
            "the permission service (access.adapter = \"http\") is asked with the person's own token: \
             give one with --token FILE"
        );
    }
    let oid = match named_in_file(config, &name)? {
        Some(oid) => oid,
        None if Uuid::try_parse(&name).is_ok() => name.clone(),
        None => bail!("nobody is called {name} here: name a person by their Entra object id"),
    };
    let name = question.called.to_owned();
    let groups = Groups::Named(question.groups.to_vec());
    let (principal, roles) = (Principal::Person, question.roles.to_vec());
    Ok(Person { name, oid, principal, source, identity: None, roles, groups })
}

/// Only the `file` adapter's file knows names.
fn named_in_file(config: &Config, name: &str) -> anyhow::Result<Option<String>> {
    let Adapter::File(path) = &config.access.adapter else { return Ok(None) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the permissions file {}", path.display()))?;
    let file = Assignments::from_yaml(&text)
        .map_err(|problems| anyhow::anyhow!("{}: {}", path.display(), problems.join("\n")))?;
    Ok(file.find(name).map(str::to_owned))
}

async fn judge(config: &Config, given: &Given, clock: &Clock) -> anyhow::Result<Arc<Identity>> {
    let Given::Token(token) = given else { bail!("the file holds no access token") };
    let http = outbound::client(&Limits::documents()).context("the HTTP client")?;
    let settings = app::identity_settings(&config.identity);
    let judged = Authenticator::new(settings, http, clock.clone())
        .authenticate_token(token.expose_secret())
        .await;
    judged.map_err(|_| {
        anyhow::anyhow!(
            "the token isn't one that Osier takes; osier doctor --token FILE says what is wrong with it"
        )
    })
}

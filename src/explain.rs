//! `osier explain`: which rule allows, hides or denies a tool to somebody, and from what. It asks the
//! permission source as the server does and hands the answer to the server's own rule; it calls no
//! tool. The command line calls it.

mod report;
mod who;

pub use report::Report;

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::access::{Snapshot, decide};
use crate::app;
use crate::catalog::Catalog;
use crate::check;
use crate::clock::Clock;
use crate::config::Config;
use crate::doctor::Given;

/// What is asked.
pub struct Question<'a> {
    /// Who: a name that the file of permissions knows, or an object id.
    pub user: &'a str,
    /// What the answer calls them.
    pub called: &'a str,
    /// Which tool.
    pub tool: &'a str,
    /// With which arguments, if that is asked too.
    pub arguments: Option<Map<String, Value>>,
    /// The person's own token, if there is one.
    pub token: Option<&'a Given>,
    /// The app roles of a token, where there is none.
    pub roles: &'a [String],
    /// The groups of a token, where there is none.
    pub groups: &'a [String],
}

/// Answers the question.
///
/// # Errors
/// A tool or a person that isn't known, and a permission source that gives no usable answer.
pub async fn explain(
    config: &Config,
    catalog: &Catalog,
    question: &Question<'_>,
    clock: &Clock,
) -> anyhow::Result<Report> {
    let name = question.tool;
    let tool = catalog.tool(name).with_context(|| {
        format!(
            "there is no tool '{name}' in the definitions: a call of it is answered as one of a \
                 hidden tool is"
        )
    })?;
    let access = app::access(&config.access, app::known(catalog), clock)?;
    let person = who::find(config, question, clock).await?;
    let snapshot: Snapshot = access.look_up(&person.subject(config)).await.map_err(|error| {
        anyhow::anyhow!("no permissions, so nothing is allowed: {}", error.why())
    })?;
    let left_out = check::left_out(tool, config);
    let decision = decide(tool, person.principal, &snapshot);
    Ok(Report::of(&person, left_out.as_ref(), &decision, question.arguments.as_ref()))
}

//! `osier explain`: its arguments, and where the person's token comes from.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::{ConfigArgs, print_out, runtime};
use crate::app;
use crate::app::BadDefinitions;
use crate::clock::Clock;
use crate::config::Config;
use crate::doctor::Given;
use crate::explain::{self, Question};
#[cfg(feature = "demo")]
use crate::{demo, outbound};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Who: an Entra object id, a name in the file of permissions, or one of the demo's people.
    #[arg(long)]
    user: String,
    /// Which tool, such as `list_tickets`.
    #[arg(long)]
    tool: String,
    /// With these arguments, as JSON: do they fit, and which sites go into the request?
    #[arg(long, value_name = "JSON", value_parser = object)]
    args: Option<Map<String, Value>>,
    #[command(flatten)]
    config: ConfigArgs,
    /// A file with the person's access token. It is never printed.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// For access.adapter = "claims", without a token: an app role of theirs.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// For access.adapter = "claims", without a token: the id of a group of theirs.
    #[arg(long = "group", value_name = "ID")]
    groups: Vec<String>,
    /// In the running demo: Osier's port, as given to `osier demo`.
    #[cfg(feature = "demo")]
    #[arg(long, conflicts_with_all = ["config", "token"])]
    port: Option<u16>,
}

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<()> {
    #[cfg(feature = "demo")]
    if let Some(port) = args.port {
        let config = demo::settings(port)?;
        let client = outbound::client(&outbound::Limits::documents())?;
        let entra = port.checked_add(1).unwrap_or(port);
        let url = format!("http://127.0.0.1:{entra}");
        let token = runtime()?.block_on(demo::token(&client, &url, &args.user))?;
        let oid = demo::person(&args.user).map_or(args.user.as_str(), |person| person.oid);
        return answer(args, &config, oid, Some(&Given::Token(token.into())));
    }
    let config = args.config.load()?;
    let given = args.token.as_deref().map(Given::read).transpose()?;
    answer(args, &config, &args.user, given.as_ref())
}

fn answer(
    args: &ExplainArgs,
    config: &Config,
    user: &str,
    token: Option<&Given>,
) -> anyhow::Result<()> {
    let catalog = app::definitions(&config.tools).map_err(BadDefinitions)?;
    let question = Question {
        user,
        called: &args.user,
        tool: &args.tool,
        arguments: args.args.clone(),
        token,
        roles: &args.roles,
        groups: &args.groups,
    };
    let answer = explain::explain(config, &catalog, &question, &Clock::System);
    print_out(&runtime()?.block_on(answer)?.to_string())
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
}

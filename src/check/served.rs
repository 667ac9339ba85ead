//! Which of the definitions' tools a deployment serves. One rule, for the server and for what `check`
//! says of it.

use crate::catalog::Tool;
use crate::config::Config;

/// Why a tool isn't served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The settings disable it.
    Disabled,
    /// It needs a backend that the settings don't have.
    NoBackend(String),
    /// It is composed of a tool that isn't served, and can't do without.
    Part(String),
}

/// Why the tool isn't served; nothing where it is.
pub fn left_out(tool: &Tool, config: &Config) -> Option<LeftOut> {
    if config.tools.disabled.contains(&tool.id.name) {
        return Some(LeftOut::Disabled);
    }
    if let Some(name) = tool.backends().find(|name| !config.backends.contains_key(*name)) {
        return Some(LeftOut::NoBackend(name.to_owned()));
    }
    let mut needed = tool.parts().into_iter().flatten().filter(|part| !part.if_permitted);
    let lost = needed.find(|part| left_out(&part.tool, config).is_some())?;
    Some(LeftOut::Part(lost.tool.id.name.clone()))
}

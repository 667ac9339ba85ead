//! `[tools]`: where the tool definitions are, and which of them are switched off.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::document::Document;
use super::environment::Environment;
use super::network::read_url;
use super::problems::Report;
use super::shape::schema;

/// The tool definitions.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The folder of services, each with its `_service.yaml` and a file per tool; where it isn't
    /// given, the definitions that are built into the program.
    pub dir: Option<PathBuf>,
    /// Names of tools that are left out, as clients see them.
    pub disabled: Vec<String>,
    /// Where people open a record in their own app: the links of answers begin with it.
    pub app_url: Option<Url>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTools {
    /// The folder of tool definitions, instead of those built into the program. `OSIER_TOOLS__DIR`
    dir: Option<PathBuf>,
    /// Names of tools to leave out. `OSIER_TOOLS__DISABLED`
    disabled: Vec<String>,
    /// Where people open a record in their own app, such as a ticket at `<app_url>/tickets/ID`;
    /// without it answers have no links. `OSIER_TOOLS__APP_URL`
    app_url: Option<String>,
}

impl RawTools {
    pub(super) fn resolve(self, report: &mut Report) -> Tools {
        let app_url = self.app_url.and_then(|text| read_url(report, "tools.app_url", &text));
        Tools { dir: self.dir, disabled: self.disabled, app_url }
    }
}

/// The folder of definitions that settings name, however faulty they are otherwise.
pub fn definitions_dir(path: &Path, environment: &Environment) -> Option<PathBuf> {
    let text = std::fs::read_to_string(path).ok()?;
    let document = Document::read(&path.display().to_string(), &text, environment, &schema());
    let dir = document.value.pointer("/tools/dir")?.as_str()?;
    (!dir.is_empty()).then(|| PathBuf::from(dir))
}

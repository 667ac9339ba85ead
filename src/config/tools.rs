//! `[tools]`: where the tool definitions are, and which of them are switched off.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use super::problems::Report;

/// The tool definitions.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The folder of services, each with its `_service.yaml` and a file per tool.
    pub dir: PathBuf,
    /// Names of tools that are left out, as clients see them.
    pub disabled: Vec<String>,
    /// Rows of a page where the caller doesn't say.
    pub page_size: u32,
    /// Most rows of a page that a caller may ask for.
    pub max_page_size: u32,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTools {
    /// The folder of tool definitions. `OSIER_TOOLS__DIR`
    dir: PathBuf,
    /// Names of tools to leave out. `OSIER_TOOLS__DISABLED`
    disabled: Vec<String>,
    /// Rows of a page where the caller doesn't say. `OSIER_TOOLS__PAGE_SIZE`
    #[validate(range(min = 1, max = 1000))]
    page_size: u32,
    /// Most rows of a page that a caller may ask for. `OSIER_TOOLS__MAX_PAGE_SIZE`
    #[validate(range(min = 1, max = 1000))]
    max_page_size: u32,
}

impl Default for RawTools {
    fn default() -> Self {
        Self { dir: "tools".into(), disabled: Vec::new(), page_size: 50, max_page_size: 200 }
    }
}

impl RawTools {
    pub(super) fn resolve(self, report: &mut Report) -> Option<Tools> {
        let Self { dir, disabled, page_size, max_page_size } = self;
        if page_size > max_page_size {
            report.say("tools.page_size", "must not be larger than tools.max_page_size");
            return None;
        }
        Some(Tools { dir, disabled, page_size, max_page_size })
    }
}

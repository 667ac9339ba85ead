//! `osier import` and `osier tools`: their arguments, and where their work begins.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::import::{self, Wanted};
use crate::{app, config, mcp, tools_page};

use super::print_out;
use crate::app::BadDefinitions;

/// From what definitions are drafted.
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// A description of an API: `OpenAPI` 3.0 or 3.1, JSON or YAML, in one file.
    Openapi(Openapi),
}

#[derive(Debug, Args)]
pub(super) struct Openapi {
    /// The description.
    file: PathBuf,
    /// The service's folder, such as tools/permits. Files that are there already stay as they are.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this operation, by its operationId; may be given several times.
    #[arg(long, value_name = "OPERATION")]
    only: Vec<String>,
    /// A POST that only reads, such as a search, by its operationId; may be given several times.
    #[arg(long, value_name = "OPERATION")]
    safe: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Tools {
    /// The folder of definitions, instead of those that are built in.
    #[arg(long, value_name = "DIR")]
    tools: Option<PathBuf>,
}

pub(super) fn import(from: &Import) -> anyhow::Result<()> {
    let Import::Openapi(asked) = from;
    let wanted = Wanted { only: asked.only.clone(), safe: asked.safe.clone() };
    print_out(&import::openapi(&asked.file, &asked.out, &wanted)?.to_string())
}

pub(super) fn tools(asked: &Tools) -> anyhow::Result<()> {
    let dir = asked.tools.clone();
    let settings = config::Tools { dir, disabled: Vec::new(), app_url: None };
    let catalog = app::definitions(&settings).map_err(BadDefinitions)?;
    print_out(&tools_page::page(&catalog, mcp::listed_bytes(&catalog)))
}

//! What an import did, in words for the person who goes on from there.

use std::fmt;
use std::path::PathBuf;

/// What was drafted; displayed as lines of text.
#[derive(Debug)]
pub struct Report {
    /// Files that are new.
    pub written: Vec<PathBuf>,
    /// Files that were there already, and are as they were.
    pub kept: Vec<PathBuf>,
    /// What the kept `_service.yaml` lacks of what the drafts need: its name, and how it is written.
    pub(super) lacking: Vec<(String, String)>,
    /// Operations without a draft, and why.
    pub left_out: Vec<(String, String)>,
    pub(super) section: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for path in &self.written {
            writeln!(f, "{}: drafted", path.display())?;
        }
        for path in &self.kept {
            writeln!(f, "{}: is there already, and stays as it is", path.display())?;
        }
        for (name, text) in &self.lacking {
            writeln!(f, "\nThe drafts need {name} in _service.yaml:\n{}", text.trim_end())?;
        }
        if !self.left_out.is_empty() {
            writeln!(f, "\nLeft out:")?;
        }
        for (operation, why) in &self.left_out {
            writeln!(f, "  {operation}: {why}")?;
        }
        writeln!(f, "\nThe configuration needs:\n\n{}", self.section)?;
        writeln!(
            f,
            "Now read each draft: its words are the description's, and assistants act on them. Decide\n\
             permission and scope wherever it says TODO, delete what nobody needs, and run\n\
             osier check --tools on the folder above."
        )
    }
}

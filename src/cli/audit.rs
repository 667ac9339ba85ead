//! `osier audit`: what is to be examined, and where it is read from.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::audit::verify::{HEAD_DIGITS, Input, Question, Verdict, verify};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Finds records that were edited, taken out, put in or moved; with --head, a tail that was cut.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Files of records, oldest first, compressed by gzip or not.
    #[arg(required_unless_present = "from_stdin", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read standard input instead.
    #[arg(long, conflicts_with = "files")]
    from_stdin: bool,
    /// A hash that has to be among them, or at least its first 13 digits, as a metric or the log
    /// told it.
    #[arg(long, value_name = "HASH", value_parser = head)]
    head: Option<String>,
    /// The lines may begin anywhere: what was before them is kept no longer.
    #[arg(long)]
    part: bool,
}

/// What was to be examined can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't be read: {0}")]
pub(super) struct Unreadable(#[from] io::Error);

pub(super) fn examine(what: &Audit) -> anyhow::Result<()> {
    let Audit::Verify(Verify { files, head, part, .. }) = what;
    let question = Question { head: head.clone(), part: *part };
    let files = files.iter().map(|path| {
        let name = path.display().to_string();
        let file = File::open(path);
        let file =
            file.map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        Ok(Input { name, bytes: Box::new(file) })
    });
    let stdin = what.stdin().map(Ok);
    let mut out = io::stdout().lock();
    match verify(files.chain(stdin), &question, &mut out).map_err(Unreadable)? {
        Verdict::Sound => Ok(()),
        Verdict::Faulty => anyhow::bail!("the records aren't as they were written"),
    }
}

impl Audit {
    fn stdin(&self) -> Option<Input> {
        let Self::Verify(Verify { from_stdin, .. }) = self;
        from_stdin.then(|| Input { name: "stdin".to_owned(), bytes: Box::new(io::stdin()) })
    }
}

fn head(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    let fits = (HEAD_DIGITS..=64).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err(format!("{HEAD_DIGITS} to 64 hex digits"))
}

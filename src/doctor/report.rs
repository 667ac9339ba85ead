//! What was found: a line for each check, and under it how to mend what isn't well. Whatever came from
//! outside (a claim, an issuer) goes through [`shown`] before it gets in here.

use std::fmt;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// It works, and something about it is odd.
    Warning,
    /// Somebody can't sign in or can't work.
    Fault,
    /// It couldn't be looked at, and what was found before says why.
    Skipped,
}

/// One check's end.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How it ended.
    pub state: State,
    /// What was looked at, in a word.
    pub check: String,
    /// What was seen.
    pub what: String,
    /// How it is mended: a place in the portal, a command, a setting.
    pub mend: Option<String>,
}

/// All findings, in the order of the checks.
#[derive(Clone, Debug, Default)]
pub struct Report(Vec<Finding>);

impl Report {
    /// How many faults there are.
    pub fn faults(&self) -> usize {
        self.0.iter().filter(|finding| finding.state == State::Fault).count()
    }

    /// The findings one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Is there a fault of this check?
    pub(super) fn has_fault(&self, check: &str) -> bool {
        self.iter().any(|finding| finding.state == State::Fault && finding.check == check)
    }

    pub(super) fn ok(&mut self, check: &str, what: impl Into<String>) {
        self.say(State::Ok, check, what, None);
    }

    pub(super) fn skipped(&mut self, check: &str, what: impl Into<String>) {
        self.say(State::Skipped, check, what, None);
    }

    pub(super) fn fault(&mut self, check: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.say(State::Fault, check, what, Some(mend.into()));
    }

    pub(super) fn warning(
        &mut self,
        check: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.say(State::Warning, check, what, Some(mend.into()));
    }

    fn say(&mut self, state: State, check: &str, what: impl Into<String>, mend: Option<String>) {
        let check = check.to_owned();
        self.0.push(Finding { state, check, what: what.into(), mend });
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
            Self::Skipped => "skipped",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { state, check, what, mend } in &self.0 {
            writeln!(f, "{state:<8} {check}: {what}")?;
            if let Some(mend) = mend {
                writeln!(f, "{:<8} {mend}", "")?;
            }
        }
        Ok(())
    }
}

/// Text from outside, fit for a terminal.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let short: String = text.chars().take(LONGEST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", short.escape_debug())
}

//! The record of one run, open while the call runs, written when it drops.

use std::time::Instant;

use serde::Serialize;

use crate::access::{Denial, Denied};
use crate::backend::Sent;
use crate::call::{Client, Refusal, Stop};
use crate::catalog::Tool;
use crate::clock::Clock;
use crate::confirm;
use crate::identity::{Identity, Principal};
use crate::response::Outcome;
use crate::seal::random_name;
use crate::telemetry::{Answer, Side, Span, Trace, meters};

use super::end::{End, reason};
use super::event::timestamp;
use super::sink::{Sink, SinkClosed, Slot};

/// The stages, as records name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Stage {
    /// May the caller use this tool?
    Access,
    /// Do the arguments fit?
    Request,
    /// Are the named records there?
    Target,
    /// Did the person say yes?
    Confirm,
    /// The service's call.
    Backend,
    /// Is the answer inside the scope?
    Scope,
    /// May the answer leave?
    Response,
}

impl Stage {
    /// Its span, until it is dropped.
    fn span(self) -> Span {
        Span::begin(Side::Inside, &Trace::here(), || {
            let name = match self {
                Self::Access => "stage access",
                Self::Request => "stage request",
                Self::Target => "stage target",
                Self::Confirm => "stage confirm",
                Self::Backend => "stage backend",
                Self::Scope => "stage scope",
                Self::Response => "stage response",
            };
            name.into()
        })
    }
}

/// A confirmation as a record tells of it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Confirmation {
    /// Joins the run that asked and the run that was answered.
    pub id: String,
    /// This run asked.
    pub asked: bool,
    /// This run was answered: `yes`, `no`, `closed` or `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Fields {
    /// `call`, or `intent` before a write.
    kind: &'static str,
    id: String,
    /// The id of the call that this one is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<String>,
    ts: String,
    tenant: String,
    user: User,
    client: ClientFields,
    credential_kind: &'static str,
    server: Option<String>,
    tool: Option<String>,
    status: End,
    stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    deny_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_status: Option<u16>,
    upstream_ms: u64,
    duration_ms: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct User {
    oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ClientFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    protocol: String,
}

/// The record of one run.
#[derive(Debug)]
pub struct Record {
    fields: Fields,
    sink: Sink,
    slot: Option<Slot>,
    clock: Clock,
    started: Instant,
    /// True from the moment at which a write may have gone out.
    writing: bool,
    /// The span of the stage.
    span: Span,
}

impl Record {
    /// Opens the record of a run and reserves its place.
    ///
    /// # Errors
    /// Where the sink takes no more lines: then nothing runs.
    pub async fn open(
        sink: &Sink,
        clock: &Clock,
        identity: &Identity,
        client: &Client,
    ) -> Result<Self, SinkClosed> {
        let slot = sink.slot().await?;
        let fields = Fields {
            kind: "call",
            id: random_name("dec_"),
            part_of: None,
            ts: String::new(),
            tenant: identity.tenant().to_owned(),
            user: User { oid: identity.subject().to_owned(), email: identity.masked_email() },
            client: ClientFields {
                id: identity.client().and_then(plain),
                name: plain(&client.name),
                version: plain(&client.version),
                protocol: plain(&client.protocol).unwrap_or_default(),
            },
            credential_kind: match identity.principal() {
                Principal::Person => "person",
                Principal::App => "app",
            },
            server: None,
            tool: None,
            status: End::Pending,
            stage: Stage::Access,
            deny_reason: None,
            args_hash: None,
            confirmation: None,
            upstream_status: None,
            upstream_ms: 0,
            duration_ms: 0,
        };
        let started = Instant::now();
        let (sink, clock) = (sink.clone(), clock.clone());
        let span = Stage::Access.span();
        Ok(Self { fields, sink, slot: Some(slot), clock, started, writing: false, span })
    }

    /// The decision's id, which the caller sees too.
    pub fn id(&self) -> &str {
        &self.fields.id
    }

    /// The call that this one is a part of, by its decision's id.
    pub fn part_of(&mut self, whole: Option<String>) {
        self.fields.part_of = whole;
    }

    /// The stage that begins.
    pub fn enter(&mut self, stage: Stage) {
        self.fields.stage = stage;
        self.span = stage.span();
    }

    /// The tool that is meant. A name that no tool has is never written.
    pub fn tool(&mut self, tool: &Tool) {
        self.fields.server = Some(tool.id.service.clone());
        self.fields.tool = Some(tool.id.name.clone());
    }

    /// The digest of the checked arguments.
    pub fn arguments(&mut self, digest: &str) {
        self.fields.args_hash = Some(digest.to_owned());
    }

    /// What the caller is told where there is no permit; the rule stays here.
    pub fn denied(&mut self, denial: Denial) -> Stop {
        if let Some(tool) = &denial.tool {
            self.tool(tool);
        }
        self.fields.deny_reason = denial.rule.map(Denied::rule);
        Stop::Refused(denial.refusal)
    }

    /// The question of this run and what became of it.
    pub fn decided<T>(&mut self, trace: confirm::Trace, decided: &Result<T, Stop>) {
        let Some(id) = trace.confirmation else { return };
        let answered = match decided {
            Ok(_) => Some("yes"),
            Err(Stop::Ask(_)) => None,
            Err(Stop::Refused(Refusal::Declined)) => Some("no"),
            Err(Stop::Refused(Refusal::Cancelled)) => Some("closed"),
            Err(Stop::Refused(_)) => Some("invalid"),
        };
        self.fields.confirmation = Some(Confirmation { id, asked: answered.is_none(), answered });
    }

    /// A service's own question, where that is how the run ends.
    pub fn asked(&mut self, stop: &Stop) {
        if let Stop::Ask(ask) = stop {
            let id = ask.confirmation.clone();
            self.fields.confirmation = Some(Confirmation { id, asked: true, answered: None });
        }
    }

    /// What the service said, and how long it took.
    pub fn upstream(&mut self, sent: &Sent) {
        self.fields.upstream_status = sent.status;
        self.fields.upstream_ms = u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX);
    }

    /// Writes the intent of a write and waits until the sink has it.
    ///
    /// # Errors
    /// Where the sink doesn't take it: then nothing is written.
    pub async fn intend(&mut self) -> Result<(), SinkClosed> {
        self.fields.kind = "intent";
        let line = self.line();
        self.fields.kind = "call";
        self.sink.accept(line?).await?;
        self.writing = true;
        Ok(())
    }

    /// Closes the record with how the run ended, and hands the end on.
    pub fn end(mut self, end: Result<Outcome, Stop>) -> Result<Outcome, Stop> {
        self.fields.status = End::of(&end);
        if let Err(Stop::Refused(refusal)) = &end {
            // The rule that denied says more than what the caller is told.
            self.fields.deny_reason.get_or_insert(reason(refusal));
            if *refusal == Refusal::Internal {
                tracing::error!(stage = ?self.fields.stage, "a call ended with a fault of ours");
            }
        }
        end
    }

    /// Counts how the run ended: the one place where allow and deny are counted.
    fn count(&self) {
        let Fields { server, tool, status, deny_reason, confirmation, .. } = &self.fields;
        if let Some(status) = status.status() {
            let tool = server.as_deref().zip(tool.as_deref());
            meters().call(tool, status, self.started.elapsed());
        }
        if let Some(reason) = deny_reason {
            meters().refusal(reason);
        }
        if let Some(confirmation) = confirmation {
            meters().confirmation(match confirmation.answered {
                None => Answer::Asked,
                Some("yes") => Answer::Yes,
                Some("no") => Answer::No,
                Some("closed") => Answer::Closed,
                Some(_) => Answer::Invalid,
            });
        }
    }

    fn line(&mut self) -> Result<String, SinkClosed> {
        let took = self.started.elapsed().as_millis();
        self.fields.duration_ms = u64::try_from(took).unwrap_or(u64::MAX);
        self.fields.ts = timestamp(self.clock.now());
        serde_json::to_string(&self.fields).map_err(|_| SinkClosed)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.fields.status == End::Pending {
            let panicking = std::thread::panicking();
            self.fields.status = match (self.writing, panicking) {
                (true, _) => End::Unknown,
                (false, true) => End::Error,
                (false, false) => End::Cancelled,
            };
            self.fields.deny_reason = panicking.then_some("panicked");
        }
        self.count();
        if let (Ok(line), Some(slot)) = (self.line(), self.slot.take()) {
            slot.write(line);
        }
    }
}

/// A name that a client chose for itself, where it is a plain word; nothing else is written.
fn plain(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-/+".contains(c);
    // A scoped package's name begins with an `@`; further on it would make an e-mail address.
    let rest = name.strip_prefix('@').unwrap_or(name);
    ((1..=80).contains(&name.len()) && rest.chars().all(plain)).then(|| name.to_owned())
}

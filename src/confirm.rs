//! Did the person say yes? From a located call and, on its second run, an answer to a [`Consent`].
//!
//! A read needs no yes. A write without an answer ends as an [`Ask`], sealed with everything that
//! the yes is bound to. Only this module makes a [`Yes`], and only once for each question.

mod link;
mod question;
mod spent;
mod state;

pub use link::{Asker, Link, LinkAnswer, Person, Shown};
pub use state::{ServiceState, seal_service};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::{Answer, Ask, Question, QuestionKind, Refusal, Response, Stop};
use crate::catalog::Plan;
use crate::clock::Clock;
use crate::private::Private;
use crate::seal::KeyRing;
use crate::store::Store;
use crate::target::Located;

use link::ByLink;
use question::{CONFIRM, Rendered, Verdict};
use state::{Binding, State};

/// What confirmations work with.
pub struct Confirmations {
    /// The sealing keys.
    pub keys: Arc<KeyRing>,
    /// Which confirmations were used, and which were answered by link.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// How long a question may be answered.
    pub life: Duration,
}

/// A located call that may be carried out. Only [`Confirmations::decide`] makes one.
#[derive(Debug)]
pub struct Consent {
    located: Located,
    yes: Option<Yes>,
    service: Option<Private<ServiceAnswer>>,
}

/// A person's yes to one write, spent by being here.
#[derive(Debug)]
pub struct Yes {
    confirmation: String,
    idempotency_key: String,
}

/// An answer to a question that a service asked, with the state that the service gave.
pub struct ServiceAnswer {
    /// The service's own state.
    pub state: serde_json::Value,
    /// The responses, not yet judged by the service.
    pub responses: BTreeMap<String, Response>,
}

/// How a decision came about, for the audit record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The confirmation's id, where there was a question.
    pub confirmation: Option<String>,
}

impl Confirmations {
    /// Decides whether a call may be carried out. With `by_link` an answer is looked for that the
    /// person gave by link, where the call brings none.
    ///
    /// # Errors
    /// [`Stop::Ask`] where a person has to say yes first; refusals of an answer that isn't a yes
    /// to exactly this call.
    pub async fn decide(
        &self,
        located: Located,
        answer: Option<Answer>,
        by_link: bool,
        trace: &mut Trace,
    ) -> Result<Consent, Stop> {
        let tool = located.checked().permit().tool().clone();
        let Plan::Write { question, write } = &tool.plan else {
            let service = answer.map(|answer| self.service_answer(&located, answer, trace));
            return Ok(Consent {
                service: service.transpose()?.map(Private::from),
                yes: None,
                located,
            });
        };
        let rendered = Rendered::of(question, write, &located);
        let binding = Binding::of(&located, Some(&rendered));
        let yes = match answer {
            Some(answer) => Box::pin(self.yes(&binding, answer, trace)).await?,
            None if by_link => match Box::pin(self.by_link(&binding, trace)).await? {
                ByLink::Yes(yes) => yes,
                ByLink::Open(state) => return Err(self.ask(&rendered, state, trace)?),
                ByLink::Nothing => return Err(self.ask(&rendered, self.open(binding)?, trace)?),
            },
            None => return Err(self.ask(&rendered, self.open(binding)?, trace)?),
        };
        Ok(Consent { located, yes: Some(yes), service: None })
    }

    /// What the answer to a new question will be held against.
    fn open(&self, binding: Binding) -> Result<State, Refusal> {
        State::new(binding, None, self.clock.unix_seconds() + self.life.as_secs())
    }

    /// The question of a write, sealed with what its answer will be held against.
    fn ask(&self, rendered: &Rendered, state: State, trace: &mut Trace) -> Result<Stop, Refusal> {
        trace.confirmation = Some(state.confirmation.clone());
        let question = Question {
            message: rendered.message.clone(),
            kind: QuestionKind::Form(question::form()),
        };
        Ok(Stop::Ask(Box::new(Ask {
            questions: BTreeMap::from([(CONFIRM.to_owned(), question)]).into(),
            state: state.seal(&self.keys)?.into(),
            confirmation: state.confirmation,
            from_service: false,
        })))
    }

    /// A yes, where the answer is one to this very question and the first that there is.
    async fn yes(
        &self,
        binding: &Binding,
        answer: Answer,
        trace: &mut Trace,
    ) -> Result<Yes, Refusal> {
        let state = State::open(&answer.state, &self.keys)?;
        trace.confirmation = Some(state.confirmation.clone());
        let judged = state.judge(binding, self.clock.unix_seconds());
        if judged == Err(Refusal::Changed) && self.was_spent(&state.nonce).await {
            // It was this very yes that changed the record: not to be told as 'nothing was written'.
            return Err(Refusal::AlreadyUsed);
        }
        judged?;
        // What isn't an answer in form leaves the question open; a yes and a no use it up.
        let verdict = Verdict::of(answer.responses)?;
        self.spend(&state.nonce, state.expires).await?;
        match verdict {
            Verdict::Yes => Ok(Yes::of(state)),
            Verdict::No => Err(Refusal::Declined),
            Verdict::Closed => Err(Refusal::Cancelled),
        }
    }

    /// The answer to a service's own question. It isn't spent: what a service makes of an answer
    /// that comes twice is for its own state to say.
    fn service_answer(
        &self,
        located: &Located,
        answer: Answer,
        trace: &mut Trace,
    ) -> Result<ServiceAnswer, Refusal> {
        let state = State::open(&answer.state, &self.keys)?;
        trace.confirmation = Some(state.confirmation.clone());
        let state = state.of_service(&Binding::of(located, None), self.clock.unix_seconds())?;
        Ok(ServiceAnswer { state, responses: answer.responses })
    }
}

impl Consent {
    /// The call that was consented to.
    pub fn located(&self) -> &Located {
        &self.located
    }

    /// The yes, where the call needed one.
    pub fn yes(&self) -> Option<&Yes> {
        self.yes.as_ref()
    }

    /// The answer to a service's own question, where there is one.
    pub fn service_answer(&self) -> Option<&ServiceAnswer> {
        self.service.as_deref()
    }
}

impl Yes {
    /// Of a state that was judged and is spent.
    fn of(state: State) -> Self {
        Self { idempotency_key: state.idempotency_key(), confirmation: state.confirmation }
    }

    /// The confirmation's id.
    pub fn confirmation(&self) -> &str {
        &self.confirmation
    }

    /// The key under which the service carries the write out at most once.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

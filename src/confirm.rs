//! Did the person say yes? From a located call and, on its second run, an answer to a [`Consent`].
//!
//! A read needs no yes. A write without an answer ends as an [`Ask`], sealed with everything that
//! the yes is bound to. Only this module makes a [`Yes`], and only once for each question.

mod question;
mod spent;
mod state;

pub use spent::Spent;
pub use state::{ServiceState, seal_service};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::call::{Answer, Ask, Question, QuestionKind, Refusal, Response, Stop};
use crate::catalog::Plan;
use crate::clock::Clock;
use crate::seal::KeyRing;
use crate::target::Located;

use question::{CONFIRM, Rendered};
use state::{Binding, State};

/// What confirmations work with.
pub struct Confirmations {
    /// The sealing keys.
    pub keys: KeyRing,
    /// Which confirmations were used.
    pub spent: Spent,
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
    service: Option<ServiceAnswer>,
}

/// A person's yes to one write, spent by being here.
#[derive(Debug)]
pub struct Yes {
    confirmation: String,
    idempotency_key: String,
}

/// An answer to a question that a service asked, with the state that the service gave.
#[derive(Debug)]
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
    /// Decides whether a call may be carried out.
    ///
    /// # Errors
    /// [`Stop::Ask`] where a person has to say yes first; refusals of an answer that isn't a yes
    /// to exactly this call.
    pub async fn decide(
        &self,
        located: Located,
        answer: Option<Answer>,
        trace: &mut Trace,
    ) -> Result<Consent, Stop> {
        let tool = located.checked().permit().tool().clone();
        let Plan::Write { question, .. } = &tool.plan else {
            let service = match answer {
                Some(answer) => Some(self.service_answer(&located, answer, trace)?),
                None => None,
            };
            return Ok(Consent { located, yes: None, service });
        };
        let rendered = Rendered::of(question, &located);
        let Some(answer) = answer else {
            let ask = self.ask(&rendered, &located)?;
            trace.confirmation = Some(ask.confirmation.clone());
            return Err(Stop::Ask(Box::new(ask)));
        };
        let state = State::open(&answer.state, &self.keys)?;
        trace.confirmation = Some(state.confirmation.clone());
        state.judge(&Binding::of(&located, Some(&rendered)), self.clock.unix_seconds())?;
        let response = rendered.judge(answer.responses)?;
        // From here on the question is used up, whatever the answer was.
        if !self.spent.spend(&state.nonce, state.expires, &self.clock).await {
            return Err(Refusal::AlreadyUsed.into());
        }
        response?;
        let yes =
            Yes { idempotency_key: state.idempotency_key(), confirmation: state.confirmation };
        Ok(Consent { located, yes: Some(yes), service: None })
    }

    fn ask(&self, rendered: &Rendered, located: &Located) -> Result<Ask, Refusal> {
        let expires = self.clock.unix_seconds() + self.life.as_secs();
        let state = State::new(Binding::of(located, Some(rendered)), None, expires)?;
        let question = Question {
            message: rendered.message.clone(),
            kind: QuestionKind::Form(rendered.schema()),
        };
        Ok(Ask {
            confirmation: state.confirmation.clone(),
            questions: BTreeMap::from([(CONFIRM.to_owned(), question)]),
            state: state.seal(&self.keys)?,
            from_service: false,
        })
    }

    fn service_answer(
        &self,
        located: &Located,
        answer: Answer,
        trace: &mut Trace,
    ) -> Result<ServiceAnswer, Refusal> {
        let state = State::open(&answer.state, &self.keys)?;
        trace.confirmation = Some(state.confirmation.clone());
        state.judge(&Binding::of(located, None), self.clock.unix_seconds())?;
        let service = state.service.ok_or(Refusal::InvalidState)?;
        Ok(ServiceAnswer { state: service, responses: answer.responses })
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
        self.service.as_ref()
    }
}

impl Yes {
    /// The confirmation's id.
    pub fn confirmation(&self) -> &str {
        &self.confirmation
    }

    /// The key under which the service carries the write out at most once.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

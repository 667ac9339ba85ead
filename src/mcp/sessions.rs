//! The sessions of the protocol versions before 2026-07-28, each bound to the person who opened it.
//!
//! rmcp knows sessions by their id alone; whoever holds an id could answer another person's question,
//! read their stream or end their session. So the [`Sessions`] are the session manager that rmcp is
//! given: one is opened only on behalf of a person, and `middleware::session` lets nobody else near
//! it. They live in this process only; a session store is never used, since a restored session could
//! take the answer to another question for its own.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::{Peer, RoleServer};
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{
    ServerSseMessage, SessionId, SessionManager,
};

use crate::identity::{Identity, PersonKey};
use crate::telemetry::{Open, meters};

/// How many sessions there may be, and for how long without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of one person. Opening one more ends the one that was used the longest ago.
    pub per_person: usize,
    /// Of all people together. There is no room for more until one ends.
    pub overall: usize,
    /// Without a message in either direction. It must be longer than a question may wait.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_person: 32, overall: 10_000, idle: Duration::from_mins(30) }
    }
}

/// One session.
pub struct Session {
    owner: PersonKey,
    newest: Mutex<Arc<Identity>>,
    peer: OnceLock<Peer<RoleServer>>,
    /// `logging/setLevel`: an MCP log level, by its place in [`super::notes::LEVELS`].
    level: AtomicU64,
    /// When it was last used, counted in uses of any session.
    used: AtomicU64,
    _open: Open,
}

impl Session {
    /// Who opened it.
    pub(super) fn owner(&self) -> &PersonKey {
        &self.owner
    }

    /// The identity of the person's newest request in this session: an answer re-runs a call as
    /// whoever the person is now.
    pub fn newest(&self) -> Arc<Identity> {
        Arc::clone(&locked(&self.newest))
    }

    /// The way to this session's client, once it said that it is initialized.
    pub(super) fn peer(&self) -> Option<&Peer<RoleServer>> {
        self.peer.get()
    }

    pub(super) fn set_peer(&self, peer: Peer<RoleServer>) {
        // A second `notifications/initialized` changes nothing.
        let _ = self.peer.set(peer);
    }

    pub(super) fn level(&self) -> usize {
        usize::try_from(self.level.load(Ordering::Relaxed)).unwrap_or(0)
    }

    pub(super) fn set_level(&self, level: usize) {
        self.level.store(level as u64, Ordering::Relaxed);
    }
}

tokio::task_local! {
    /// On whose behalf the current HTTP request runs; only such a request opens a session.
    static OPENER: Arc<Identity>;
}

/// All sessions of this process.
pub struct Sessions {
    local: LocalSessionManager,
    bound: Mutex<HashMap<SessionId, Arc<Session>>>,
    uses: AtomicU64,
    limits: Limits,
}

/// Why a session couldn't be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Not within [`Sessions::on_behalf_of`].
    #[error("a session is opened on behalf of a person")]
    NobodysRequest,
    /// As many as [`Limits::overall`] are open.
    #[error("too many sessions are open")]
    Full,
    /// Of rmcp's own.
    #[error("the session can't be used")]
    Local(#[from] LocalSessionManagerError),
}

impl Sessions {
    /// No sessions yet.
    pub fn new(limits: Limits) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(limits.idle);
        Self { local, bound: Mutex::default(), uses: AtomicU64::new(0), limits }
    }

    /// The session of that id, if it is this person's: unknown and foreign ones are alike.
    pub fn of(&self, id: &str, identity: &Arc<Identity>) -> Option<Arc<Session>> {
        let session = locked(&self.bound).get(id).cloned()?;
        if session.owner != identity.person_key() {
            return None;
        }
        *locked(&session.newest) = Arc::clone(identity);
        session.used.store(self.tick(), Ordering::Relaxed);
        Some(session)
    }

    /// Runs an HTTP request that may open a session for this person.
    pub async fn on_behalf_of<F: Future>(identity: Arc<Identity>, request: F) -> F::Output {
        OPENER.scope(identity, request).await
    }

    /// True while no further session can be opened.
    pub fn is_full(&self) -> bool {
        locked(&self.bound).len() >= self.limits.overall
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        locked(&self.bound).len()
    }

    /// All of them, to tell their clients of a change.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        locked(&self.bound).values().cloned().collect()
    }

    fn tick(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    /// The person's session that was used the longest ago, where there are as many as may be.
    fn to_be_ended(&self, owner: &PersonKey) -> Option<SessionId> {
        let bound = locked(&self.bound);
        let own = || bound.iter().filter(|(_, session)| session.owner == *owner);
        if own().count() < self.limits.per_person {
            return None;
        }
        let oldest = own().min_by_key(|(_, session)| session.used.load(Ordering::Relaxed));
        oldest.map(|(id, _)| Arc::clone(id))
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let opener = OPENER.try_with(Arc::clone).map_err(|_| SessionError::NobodysRequest)?;
        let owner = opener.person_key();
        if let Some(oldest) = self.to_be_ended(&owner) {
            self.close_session(&oldest).await?;
        }
        if self.is_full() {
            return Err(SessionError::Full);
        }
        let (id, transport) = self.local.create_session().await?;
        let session = Session {
            owner,
            newest: Mutex::new(opener),
            peer: OnceLock::new(),
            level: AtomicU64::new(super::notes::DEFAULT_LEVEL),
            used: AtomicU64::new(self.tick()),
            _open: meters().session(),
        };
        locked(&self.bound).insert(Arc::clone(&id), Arc::new(session));
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        Ok(self.local.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.local.has_session(id).await?)
    }

    /// rmcp calls it for DELETE, and when a session ended by itself.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        locked(&self.bound).remove(id);
        Ok(self.local.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(counted(self.local.create_stream(id, message).await?))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(counted(self.local.create_standalone_stream(id).await?))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(counted(self.local.resume(id, last_event_id).await?))
    }
}

/// A stream that counts as open until it drops.
fn counted<S>(stream: S) -> impl Stream<Item = S::Item> + Send + Sync + 'static
where
    S: Stream + Send + Sync + 'static,
{
    let open = meters().stream();
    stream.inspect(move |_| {
        let _ = &open;
    })
}

/// Nothing that is done under these locks can panic half-way, so a poisoned one is as good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

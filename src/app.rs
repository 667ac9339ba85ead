//! The wired server: `serve` takes its socket and its stop signal.

mod accept;

pub use accept::Limits;

mod assembly;
mod run;

pub use assembly::{Assembly, Means, assemble, definitions};
pub use run::{run, stop_signal};

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::mcp::Door;
use crate::middleware::{bearer, body, host};
use crate::oauth::protected_resource::ProtectedResource;
use crate::router::router;

/// What is served.
pub struct App {
    /// MCP.
    pub door: Door,
    /// Who is let in.
    pub gate: bearer::Gate,
    /// Under which names.
    pub allowed: Arc<host::Allowed>,
    /// How long a body may be.
    pub body: body::Limits,
    /// What the metadata says.
    pub resource: ProtectedResource,
    /// What has to be there.
    pub health: Health,
    /// What a connection may take.
    pub limits: Limits,
}

/// Serves until `shutdown`, and then until the running requests have ended. The door must have been
/// made with the same `shutdown`, which is what ends its streams.
///
/// # Errors
/// Where the socket has no address any more.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> io::Result<()> {
    let limits = app.limits;
    accept::accept(listener, router(app), limits, shutdown).await
}

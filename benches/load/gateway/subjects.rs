//! What is compared: nginx, the pass-through proxy and Osier, each already listening, and which of them
//! takes part in which kind of stretch.

use super::figures::Cell;
use crate::processes::{Process, free_port};
use crate::wire::load::Right;
use crate::world::World;
use crate::world::calls::{Era, first, first_list};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A call of 2026-07-28.
    Call,
    /// A call in a session of 2025-11-25.
    SessionCall,
    /// `tools/list` of this many tools.
    List(usize),
}

/// One process.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    /// A proxy asks the service for the answer that it has kept of Osier's.
    is_proxy: bool,
    /// It has this many definitions of its own, where it is there for lists.
    tools: Option<usize>,
    /// Durations are measured, since somebody may read them.
    is_read: bool,
}

/// All of them.
pub(crate) struct Subjects(Vec<Subject>);

/// The name of the one that is measured most.
pub(crate) const OSIER: &str = "osier";
/// The same with metrics that somebody may read.
pub(crate) const READ: &str = "osier, metrics read";
pub(crate) const NGINX: &str = "nginx";
pub(crate) const PASS_ON: &str = "pass-on";

impl Subjects {
    /// Starts them, and has the service keep Osier's answers for the proxies.
    pub(crate) async fn start(world: &World, with_lists: bool) -> anyhow::Result<Self> {
        let mut all = vec![osier(world, OSIER, None).await?, read(world).await?];
        if with_lists {
            all.push(osier(world, OSIER, Some(20)).await?);
            all.push(osier(world, OSIER, Some(1_000)).await?);
        }
        for one in all.iter().filter(|one| !one.is_read) {
            let port = one.process.port;
            if let Some(many) = one.tools {
                let (list, _) = first_list(port, &world.list(port), many).await?;
                world.keep(&file(Kind::List(many)), &list)?;
                continue;
            }
            let (answer, _) = first(port, &world.call(port), Era::Stateless).await?;
            world.keep(&file(Kind::Call), &answer)?;
            let (answer, _) =
                first(port, &world.session(port, 0).await?.call, Era::Sessions).await?;
            world.keep(&file(Kind::SessionCall), &answer)?;
        }
        let proxy =
            |name, process| Subject { name, process, is_proxy: true, tools: None, is_read: false };
        let nginx = world.nginx().await?;
        all.extend(nginx.map(|process| proxy(NGINX, process)));
        all.push(proxy(PASS_ON, world.pass_on().await?));
        Ok(Self(all))
    }

    pub(crate) fn has_nginx(&self) -> bool {
        self.0.iter().any(|one| one.name == NGINX)
    }

    /// The one with the definitions that it brings.
    pub(crate) fn osier(&self) -> &Process {
        let own = self.0.iter().find(|one| one.name == OSIER && one.tools.is_none());
        #[expect(clippy::expect_used, reason = "the first one that `start` makes")]
        &own.expect("Osier").process
    }

    /// Those that take part.
    pub(crate) fn of(&self, cell: Cell) -> impl Iterator<Item = &Subject> {
        let tools = match cell.kind {
            Kind::List(many) => Some(many),
            Kind::Call | Kind::SessionCall => None,
        };
        let is_read = cell.kind == Kind::Call && cell.callers == 16;
        let takes_part =
            move |one: &&Subject| one.is_proxy || (one.tools == tools && (is_read || !one.is_read));
        self.0.iter().filter(takes_part)
    }
}

async fn osier(world: &World, name: &'static str, tools: Option<usize>) -> anyhow::Result<Subject> {
    let folder = tools.map(|many| world.tools(many)).transpose()?;
    let settings: Vec<_> = folder.map(|folder| ("TOOLS__DIR", folder)).into_iter().collect();
    let (mut command, port) = world.osier(&settings)?;
    let process = Process::listening(&mut command, port).await?;
    Ok(Subject { name, process, is_proxy: false, tools, is_read: false })
}

async fn read(world: &World) -> anyhow::Result<Subject> {
    let listen = format!("127.0.0.1:{}", free_port()?);
    let (mut command, port) = world.osier(&[("TELEMETRY__PROMETHEUS_LISTEN", listen)])?;
    let process = Process::listening(&mut command, port).await?;
    Ok(Subject { name: READ, process, is_proxy: false, tools: None, is_read: true })
}

/// Under this name the service keeps the answer.
fn file(kind: Kind) -> String {
    match kind {
        Kind::Call => "call".to_owned(),
        Kind::SessionCall => "session-call".to_owned(),
        Kind::List(many) => format!("list-{many}"),
    }
}

impl Subject {
    /// A request for each caller, and what is right about its answers.
    pub(crate) async fn requests(
        &self,
        world: &World,
        cell: Cell,
    ) -> anyhow::Result<(Vec<Vec<u8>>, Right)> {
        let port = self.process.port;
        let mut requests = Vec::new();
        for turn in 0..cell.callers {
            let request = match cell.kind {
                Kind::SessionCall if !self.is_proxy => world.session(port, turn).await?.call,
                Kind::Call | Kind::SessionCall => world.call(port),
                Kind::List(_) => world.list(port),
            };
            requests.push(if self.is_proxy { at(&request, &file(cell.kind)) } else { request });
        }
        let one = requests.first().map(Vec::as_slice).unwrap_or_default();
        let (_, right) = match cell.kind {
            Kind::Call => first(port, one, Era::Stateless).await?,
            Kind::SessionCall => first(port, one, Era::Sessions).await?,
            Kind::List(many) => first_list(port, one, many).await?,
        };
        Ok((requests, right))
    }
}

/// The same request for another path.
fn at(request: &[u8], path: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    text.replacen("POST /mcp ", &format!("POST /{path} "), 1).into_bytes()
}

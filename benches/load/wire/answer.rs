//! `answer`: a service whose answers lie in a folder. The last segment of a request's path names the file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

use super::Connection;

/// What it is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A port of 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The folder.
    #[arg(long)]
    answers: PathBuf,
}

/// Answers until it is killed.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let folder = Rc::new(arguments.answers.clone());
    LocalSet::new()
        .run_until(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                let folder = Rc::clone(&folder);
                tokio::task::spawn_local(async move {
                    // A caller that goes away is no trouble.
                    let _ = serve(Connection::of(stream)?, &folder).await;
                    anyhow::Ok(())
                });
            }
        })
        .await
}

async fn serve(mut connection: Connection, folder: &Path) -> anyhow::Result<()> {
    let mut known = HashMap::new();
    while let Some((head, _)) = connection.message().await? {
        let target = head.line.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        if !known.contains_key(name) {
            known.insert(name.to_owned(), answer(folder, name));
        }
        if let Some(answer) = known.get(name) {
            connection.stream.write_all(answer).await?;
        }
    }
    Ok(())
}

fn answer(folder: &Path, name: &str) -> Vec<u8> {
    let (status, body) = match std::fs::read(folder.join(name)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

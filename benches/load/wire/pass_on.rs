//! `pass-on`: a proxy that does nothing else, for machines without nginx. Each connection has one of its
//! own behind it.

use std::sync::Arc;

use clap::Args;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// What it is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A port of 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The port that it passes requests on to.
    #[arg(long)]
    to: u16,
}

/// Passes on until it is killed.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let to = arguments.to;
        tokio::spawn(async move {
            // A caller that goes away is no trouble.
            let _ = serve(stream, to).await;
        });
    }
}

async fn serve(stream: TcpStream, to: u16) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let onward = TcpStream::connect(("127.0.0.1", to)).await?;
    onward.set_nodelay(true)?;
    let (sender, driving) = client::handshake::<_, Incoming>(TokioIo::new(onward)).await?;
    tokio::spawn(driving);
    let sender = Arc::new(Mutex::new(sender));
    let pass = service_fn(move |request| pass(request, Arc::clone(&sender)));
    server::Builder::new().serve_connection(TokioIo::new(stream), pass).await?;
    Ok(())
}

async fn pass(
    mut request: Request<Incoming>,
    sender: Arc<Mutex<client::SendRequest<Incoming>>>,
) -> hyper::Result<Response<Incoming>> {
    request.headers_mut().remove(CONNECTION);
    let mut sender = sender.lock().await;
    sender.ready().await?;
    sender.send_request(request).await
}

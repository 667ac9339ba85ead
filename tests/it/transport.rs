//! The transport: what is let through to the protocol, whose session is whose, and how a client is
//! asked.

mod asking;
mod bodies;
mod direct;
mod ending;
mod headers;
mod methods;
mod quiet;
mod raw;
mod replies;
mod sessions;
mod shown;
mod uris;

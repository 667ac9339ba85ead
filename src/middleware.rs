//! The layers of the HTTP server.

pub mod bearer;

//! The OAuth front door: for now the metadata of the protected resource, and the clients that may
//! ask people to sign in.

pub mod client;
pub mod cors;
mod json;
pub mod pace;
pub mod protected_resource;
pub mod redirect;
pub mod register;

//! The OAuth front door: for now the metadata of the protected resource.

pub mod protected_resource;
pub mod upstream;

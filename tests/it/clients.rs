//! The clients that ask people to sign in: their documents, fetched over TLS from a server under the
//! test's own authority, their registrations, and where they may have browsers sent to.

mod case_cache;
mod case_documents;
mod case_fetching;
mod case_forgery;
mod case_pace;
mod case_redirects;
mod case_registering;
mod payloads;
mod random;
mod site;
mod usual;
mod world;

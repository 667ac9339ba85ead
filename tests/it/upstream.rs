//! The leg to Entra: sign-in at the look-alike, each credential, hostile answers, and the clouds and
//! kinds of tenant that differ by their discovery document.

mod clouds;
mod credentials;
mod hostile;
mod signing_in;
mod world;

//! `deploy/entra/register.sh` against a stand-in for the Azure CLI (`tests/deploy/az.py`) that records its
//! calls and keeps a tenant: what the script makes, that it makes nothing twice, and what it refuses.

#[cfg(test)]
#[path = "deploy/credentials.rs"]
mod credentials;
#[cfg(test)]
#[path = "deploy/registration.rs"]
mod registration;
#[cfg(test)]
#[path = "deploy/tenant.rs"]
mod tenant;

//! The grant `password` (RFC 6749 §4.3), which `osier token` uses.

use serde_json::Value;

use super::answer;
use super::credential::Client;
use crate::demo::entra::Entra;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::grants::SignIn;
use crate::demo::entra::parameters::Parameters;
use crate::demo::people::{self, PASSWORD};

pub(super) fn redeem(entra: &Entra, client: &Client, form: &Parameters) -> Result<Value, Failure> {
    let asked = entra.read_scope(form.required("scope")?, &client.app)?;
    let username = form.required("username")?;
    let person = people::person(username).ok_or_else(|| Failure::unknown_person(username))?;
    if form.required("password")? != PASSWORD {
        let message = "Error validating credentials due to invalid username or password.";
        return Err(Failure::new("invalid_grant", 50126, message));
    }
    // Nobody is there to show a second factor.
    let sign_in = SignIn { strong: false, ..entra.interactive(person) };
    answer::admit(entra, client, &sign_in, &asked)?;
    Ok(answer::to(entra, client, &sign_in, &asked, asked.offline, None))
}

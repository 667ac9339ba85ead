//! People: their account, their sign-in, their consent, and the policies that judge it.

use super::Group;
use crate::aadsts::Mender::{Administrator, Operator, Person};
use crate::aadsts::Treat::{Grant, Misconfigured};

pub(super) const GROUPS: &[Group] = &[
    Group {
        who: Administrator,
        treat: Grant,
        how: "Entra admin center > Enterprise applications > the application > Users and groups > \
              Add user/group, and choose the role. By command: az rest --method POST --url \
              \"https://graph.microsoft.com/v1.0/servicePrincipals(appId='<auth.client_id>')/\
              appRoleAssignedTo\" --body '{\"principalId\":\"<person>\",\"resourceId\":\"<id>\",\
              \"appRoleId\":\"<role id>\"}', with both from az ad sp show --id <auth.client_id> \
              --query \"[id,appRoles]\"",
        codes: &[(
            50105,
            "The person isn't assigned to the application, which lets in only those who are.",
        )],
    },
    Group {
        who: Administrator,
        treat: Grant,
        how: "Entra admin center > App registrations > Osier's > API permissions > Grant admin consent. \
              By command: az ad app permission admin-consent --id <auth.client_id>",
        codes: &[
            (65001, "Nobody has consented to Osier's registration for this person."),
            (90008, "Nobody has consented to reading the profile."),
            (90094, "Only an administrator may consent to Osier's registration."),
            (90095, "An administrator has to consent, and can be asked to."),
        ],
    },
    Group {
        who: Person,
        treat: Grant,
        how: "Sign in with an account of this organisation; or an administrator invites this one: Entra \
              admin center > Users > New user > Invite external user",
        codes: &[
            (16000, "The account doesn't belong to this organisation's directory."),
            (50014, "The guest account hasn't accepted its invitation."),
            (50020, "The account belongs to another organisation."),
            (50034, "There is no such account in this organisation's directory."),
            (51004, "The account isn't in this organisation's directory."),
            (90072, "The external account isn't known in this organisation."),
        ],
    },
    Group {
        who: Person,
        treat: Grant,
        how: "Sign in again, and go through what Entra's page asks",
        codes: &[
            (50056, "The account has no password, or none was given."),
            (50058, "Nobody is signed in with Entra in this browser."),
            (50064, "The user name or the password is wrong."),
            (50072, "A second factor has to be set up first."),
            (50074, "A second factor is required and wasn't given."),
            (50076, "A second factor is required now, by a policy or because of a new place."),
            (50078, "The second factor was given too long ago."),
            (50079, "A second factor has to be set up or given."),
            (50085, "The other provider that knows the account wants a sign-in."),
            (50089, "The sign-in took too long, and expired."),
            (50126, "The user name or the password is wrong."),
            (50132, "The session ended, because the password changed or expired."),
            (50133, "The session was revoked, because the password changed or expired."),
            (50158, "A further check by another provider is required."),
            (65004, "The person declined to consent."),
            (70043, "The sign-in is older than a Conditional Access policy allows."),
        ],
    },
    Group {
        who: Person,
        treat: Grant,
        how: "Wait, or set a new password on Entra's sign-in page; or an administrator helps: Entra admin \
              center > Users > the person > Reset password, and Protection > Risky users",
        codes: &[
            (50053, "The account is locked after too many attempts, or their address is blocked."),
            (50055, "The account's password has expired."),
        ],
    },
    Group {
        who: Administrator,
        treat: Grant,
        how: "Entra admin center > Users > the person > Properties > Account enabled. By command: az ad \
              user update --id <person> --account-enabled true",
        codes: &[(50057, "The account is disabled.")],
    },
    Group {
        who: Person,
        treat: Grant,
        how: "Sign in on a device that the organisation manages (Company Portal, Intune). Entra admin \
              center > Sign-in logs, tab Conditional Access, names the policy",
        codes: &[
            (50097, "The device has to be known to the organisation."),
            (50129, "The device has to be registered with the organisation."),
            (50155, "The device couldn't prove which one it is."),
            (53000, "The device doesn't meet the organisation's rules."),
            (53001, "The device isn't joined to the organisation's domain."),
            (530_003, "The device has to be managed by the organisation."),
        ],
    },
    Group {
        who: Administrator,
        treat: Grant,
        how: "Entra admin center > Sign-in logs, by the correlation id, tab Conditional Access: it names \
              the policy; Conditional Access > Policies changes it",
        codes: &[
            (50131, "A Conditional Access policy refused the sign-in."),
            (53002, "The program isn't one that the organisation approves."),
            (53003, "A Conditional Access policy blocks this sign-in."),
            (53004, "A second factor has to be set up, and the account's risk forbids it."),
            (53011, "The account is blocked because it is at risk."),
            (500_021, "The network that was used allows other tenants only."),
            (530_032, "A security policy of the tenant blocks this request."),
            (530_034, "A partner's administrator was blocked because of risk."),
            (530_035, "The tenant's security defaults block this sign-in."),
        ],
    },
    Group {
        who: Administrator,
        treat: Grant,
        how: "Entra admin center > External Identities > Cross-tenant access settings: Inbound in this \
              tenant, Outbound in the person's own",
        codes: &[
            (500_212, "The person's own organisation doesn't let them into this tenant."),
            (500_213, "This tenant doesn't let people of that organisation in."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Only for programs without a person: assign the API's app role to that program, under API \
              permissions of its registration. People's sign-in doesn't need it",
        codes: &[(
            501_051,
            "An application asked for a token for itself and isn't assigned to a role.",
        )],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Osier never asks for this: look for what else uses its registration",
        codes: &[
            (240_001, "The account may not register devices."),
            (240_002, "An ID token was given where an access token belongs."),
        ],
    },
];

//! One sign-in's grant, the form of a request, and Entra's own troubles.

use super::Group;
use crate::aadsts::Mender::{Administrator, Operator, Person, Time};
use crate::aadsts::Treat::{Grant, Misconfigured, Unavailable};

pub(super) const GROUPS: &[Group] = &[
    Group {
        who: Person,
        treat: Grant,
        how: "Sign in again",
        codes: &[
            (50173, "The sign-in was revoked, by the person or an administrator."),
            (54005, "The sign-in's code was used before."),
            (70000, "The code or the refresh token isn't valid."),
            (70008, "The code or the refresh token has expired or was revoked."),
            (501_481, "The code was redeemed by another sign-in than the one it was made for."),
            (700_003, "The device that the sign-in was made with is no longer known."),
            (700_020, "Entra has to ask the person something."),
            (700_082, "The sign-in wasn't used for too long."),
            (9_002_313, "The code or the refresh token isn't one of Entra's."),
        ],
    },
    Group {
        who: Administrator,
        treat: Grant,
        how: "App registrations > Osier's > Authentication: move the redirect address from the platform \
              Single-page application to Web",
        codes: &[(700_084, "The sign-in was a single-page application's, and ended after a day.")],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Give every replica the same server.public_url",
        codes: &[(
            500_112,
            "The redirect address at the sign-in's end differs from that at its start.",
        )],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Set auth.upstream_scope to one scope of one API, such as api://<application id>/Mcp.Access",
        codes: &[
            (28000, "The scope names more than one API."),
            (28002, "The scope isn't valid for an access token."),
            (28003, "No scope was sent with the code."),
            (70011, "The scope isn't valid."),
            (700_022, "The scope names several APIs."),
            (700_023, "The scope names no API."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "As a facade, Osier never sends `resource`. With auth.mode = \"direct\" each client does: its \
              value must be an Application ID URI of the API (App registrations > Expose an API), letter \
              for letter, or the client must leave it out",
        codes: &[
            (901_002, "The request has a `resource` parameter."),
            (9_010_010, "The request's `resource` isn't the API that its scope names."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Shorten server.public_url or auth.upstream_scope; otherwise report it",
        codes: &[(90015, "The address of the sign-in page is too long.")],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Osier makes this request itself: report it, with the correlation id",
        codes: &[
            (50147, "The PKCE challenge has a wrong length."),
            (70003, "Entra doesn't know the kind of grant."),
            (70005, "Entra doesn't give the kind of answer that was asked for."),
            (70007, "Entra doesn't answer in the way that was asked for."),
            (90014, "A field of the request is missing."),
            (90023, "The request isn't valid."),
            (90100, "A parameter of the request is empty or not valid."),
            (501_491, "The PKCE challenge is too short or too long."),
            (700_009, "The code was redeemed without its redirect address."),
            (900_144, "The request lacks a field."),
            (900_384, "A signed token in the request doesn't verify."),
            (900_561, "The endpoint takes another kind of request."),
        ],
    },
    Group {
        who: Time,
        treat: Unavailable,
        how: "Try again in a moment; status.cloud.microsoft tells of outages",
        codes: &[
            (50000, "Entra couldn't make the token."),
            (50033, "Entra failed for a moment."),
            (50087, "The second factor failed for a moment."),
            (50088, "No more calls or messages for second factors can be made now."),
            (50196, "The same request was made too often in a short time."),
            (90006, "Entra isn't to be had for a moment."),
            (90012, "Entra took too long."),
            (90024, "Entra had more to do than it could."),
            (90033, "Entra's directory isn't to be had for a moment."),
            (90055, "There are too many requests for this tenant."),
            (90090, "Entra's directory failed for a moment."),
            (90091, "Entra's directory can't be reached."),
        ],
    },
];

//! Osier's own registration: that it is there, its credential, its redirect address, its API.

use super::Group;
use crate::aadsts::Mender::{Administrator, Operator};
use crate::aadsts::Treat::Misconfigured;

pub(super) const GROUPS: &[Group] = &[
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > Osier's > Authentication: \
              <server.public_url>/oauth/callback belongs under the platform Web, and Allow public client \
              flows is No. By command: az ad app update --id <auth.client_id> --web-redirect-uris \
              <server.public_url>/oauth/callback",
        codes: &[
            (50011, "Osier's redirect address isn't registered."),
            (70004, "Osier's redirect address isn't one that the registration knows."),
            (700_025, "The registration is a public client's, and Osier sent a credential."),
            (900_971, "Osier's registration has no redirect address."),
            (9_002_326, "The redirect address is registered for a single-page application."),
            (9_002_327, "The redirect address is registered as a single-page application's."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > Osier's > Certificates & secrets > New client \
              secret; its value, not its id, goes to auth.client_secret. By command: az ad app credential \
              reset --id <auth.client_id> --append",
        codes: &[
            (70002, "Osier's credential was refused."),
            (
                7_000_215,
                "The client secret is wrong; often it is the secret's id instead of its value.",
            ),
            (7_000_216, "Osier sent no credential."),
            (7_000_218, "Osier sent no credential, and its registration asks for one."),
            (7_000_222, "The client secret has expired."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > Osier's > Certificates & secrets > Certificates > \
              Upload certificate: the one of auth.certificate_file. By command: az ad app credential reset \
              --id <auth.client_id> --append --cert @<certificate file>",
        codes: &[
            (50012, "The certificate's assertion was refused."),
            (700_027, "The certificate isn't registered, has expired, or isn't that of the key."),
            (700_030, "The certificate's name isn't one that is allowed."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > Osier's > Certificates & secrets > Federated \
              credentials: issuer, subject and audience must be those of the token, letter for letter. By \
              command: az ad app federated-credential list --id <auth.client_id>",
        codes: &[
            (70021, "No federated credential matches the token."),
            (700_211, "No federated credential has the token's issuer."),
            (
                700_212,
                "No federated credential has the token's audience (auth.federation_audience).",
            ),
            (700_213, "No federated credential has the token's subject."),
            (700_222, "A token of Entra's own was used where a federated one belongs."),
            (700_226, "Within Entra, only a managed identity's token may be federated."),
            (700_229, "Only an application's own token may be federated, not a person's."),
            (7_002_137, "No federated credential names the managed identity."),
            (7_002_138, "The federated credential's subject differs in capital letters."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Set the machine's clock by a time server (timedatectl status); osier doctor tells how far it \
              is off. With federated_file, see that the file is renewed",
        codes: &[
            (
                50013,
                "A token that was sent as an assertion is expired, malformed or another issuer's.",
            ),
            (500_133, "A token that was sent as an assertion isn't in its time."),
            (
                700_024,
                "Osier's assertion isn't in its time: a clock is wrong, or a file wasn't renewed.",
            ),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Compare auth.client_id, identity.tenant_id and identity.discovery_url with App registrations \
              > Osier's > Overview. A registration without its enterprise application: az ad sp create \
              --id <auth.client_id>",
        codes: &[
            (50059, "Nothing in the request says which tenant is meant."),
            (50128, "The request names no tenant that there is."),
            (50194, "identity.discovery_url is that of all tenants; the registration is for one."),
            (90002, "There is no such tenant in this cloud."),
            (700_005, "The sign-in began in another tenant than the one it was to end in."),
            (700_011, "The directory has no application with Osier's id."),
            (700_016, "The tenant has no application with Osier's id."),
            (700_021, "Osier's assertion names another application than auth.client_id."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Set identity.discovery_url to the tenant's own cloud: login.microsoftonline.com, \
              login.microsoftonline.us or login.partner.microsoftonline.cn",
        codes: &[
            (90038, "The tenant lives in another of Microsoft's clouds."),
            (900_382, "A request with a credential went to another cloud than the tenant's."),
            (900_432, "A request with a credential went across clouds."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > Enterprise applications > the application > Properties > Enabled for \
              users to sign-in",
        codes: &[
            (70001, "The application is disabled."),
            (1_000_031, "The application can't be used at this time."),
            (7_000_112, "The application is disabled in this tenant."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > the API's > Expose an API: there must be the \
              Application ID URI and the scope that auth.upstream_scope names. An API without its \
              enterprise application: az ad sp create --id <identity.audience>",
        codes: &[
            (50001, "The API is disabled, or there is none of that name."),
            (500_011, "The tenant has no application that the scope's API could be."),
            (650_052, "The tenant hasn't enabled the API."),
            (650_053, "The API has no scope of that name, or the scope names no API."),
            (650_054, "The API is no longer there."),
        ],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > Osier's > API permissions > Add a permission > My \
              APIs, then Grant admin consent. By command: az ad app permission add --id <auth.client_id> \
              --api <identity.audience> --api-permissions <scope id>=Scope",
        codes: &[
            (65005, "Osier's registration doesn't list what it asks for among its permissions."),
            (650_056, "Osier's registration lists no permission, or nobody has consented to it."),
            (650_057, "Osier's registration doesn't list the API among its permissions."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "Set auth.upstream_scope = \"<identity.audience>/<identity.scope>\", with the application id \
              and without api://",
        codes: &[(
            90009,
            "Client and API are one registration, and the scope names the API by its URI.",
        )],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Entra admin center > App registrations > the API's > Expose an API > Add a client application",
        codes: &[(65002, "A client of Microsoft's own isn't preauthorised for the API.")],
    },
    Group {
        who: Administrator,
        treat: Misconfigured,
        how: "Set api.requestedAccessTokenVersion = 2 in the API's manifest and remove the claims mapping; \
              or Enterprise applications > the application > Single sign-on > signing certificate",
        codes: &[
            (50146, "The application needs a signing key of its own and has none."),
            (501_461, "acceptMappedClaims is on, and the audience isn't the application id."),
        ],
    },
    Group {
        who: Operator,
        treat: Misconfigured,
        how: "On behalf of a person, the token's aud must be Osier's own application (identity.audience), \
              and the registration an ordinary one",
        codes: &[
            (500_131, "A token that was sent as an assertion was made for another audience."),
            (7_000_114, "The application isn't allowed to act on behalf of people."),
        ],
    },
];

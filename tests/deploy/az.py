"""A stand-in for the Azure CLI, for tests/deploy.rs: knows the commands that deploy/entra/register.sh
uses and refuses every other one and every unknown option, as az does. It keeps its tenant in
$AZ_STUB/state.json and writes each call to $AZ_STUB/calls.jsonl. It follows Graph's rules as far as
the script could break them: what was just made isn't found at once, lists come in pages, duplicates
are refused, an enabled scope or role can't go, an https identifier URI needs v2 tokens."""

import json
import os
import sys

FOLDER = os.environ["AZ_STUB"]
STATE = os.path.join(FOLDER, "state.json")
SECRET = "stub~secret~that~nobody~may~see"
GRAPH = "00000003-0000-0000-c000-000000000000"
PATCHABLE = {"signInAudience", "api", "isFallbackPublicClient", "web", "spa", "publicClient",
             "identifierUris", "appRoles", "requiredResourceAccess"}
ABSENT = "Resource '{}' does not exist or one of its queried reference-property objects are not present."


def fail(text, code=1):
    print("ERROR: " + text, file=sys.stderr)
    sys.exit(code)


def options(words, allowed, flags=()):
    found = {}
    while words:
        name = words.pop(0)
        if name in flags:
            found[name] = True
        elif name in allowed and words:
            found[name] = words.pop(0)
        else:
            fail("unrecognized arguments: " + name, 2)
    if found.pop("--output", None) != "json" or not found.pop("--only-show-errors", False):
        fail("the script reads JSON and shows errors only", 2)
    return found


def one(items, **wanted):
    return next((item for item in items if all(item.get(key) == value for key, value in wanted.items())), None)


def merge(target, patch):
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def lagging(state, what):
    """The first requests that name something new don't find it."""
    if state["lag"] > 0:
        state["lag"] -= 1
        save(state)
        fail(ABSENT.format(what))


def save(state):
    with open(STATE, "w") as file:
        json.dump(state, file)


def check_application(old, new):
    for scope in old["api"].get("oauth2PermissionScopes", []):
        kept = one(new["api"].get("oauth2PermissionScopes", []), id=scope["id"])
        if scope["isEnabled"] and not kept:
            fail("Permission (scope or role) cannot be deleted or updated unless disabled first.")
    for role in old.get("appRoles", []):
        if role["isEnabled"] and not one(new["appRoles"], id=role["id"]):
            fail("Permission (scope or role) cannot be deleted or updated unless disabled first.")
    for entries in (new["api"].get("oauth2PermissionScopes", []), new.get("appRoles", [])):
        for member in ("id", "value"):
            values = [entry[member] for entry in entries]
            if len(values) != len(set(values)):
                fail("Property " + member + " has a duplicate value.")
        for entry in entries:
            if [len(part) for part in entry["id"].split("-")] != [8, 4, 4, 4, 12]:
                fail("An id is no GUID.")
    for uri in new.get("identifierUris", []):
        if uri.startswith("https:") and old["api"].get("requestedAccessTokenVersion") != 2:
            fail("The identifier URI is not allowed for applications that get v1 tokens.")


def page(state, uri, items):
    base, _, skip = uri.partition("?$skiptoken=")
    start = int(skip or 0)
    answer = {"value": items[start:start + 1]}
    if start + 1 < len(items):
        answer["@odata.nextLink"] = f"{base}?$skiptoken={start + 1}"
    return answer


def rest(state, words):
    found = options(words, {"--method", "--uri", "--headers", "--body", "--output"}, {"--only-show-errors"})
    base = state["cloud"]["endpoints"]["microsoftGraphResourceId"].rstrip("/") + "/v1.0/"
    method, uri = found["--method"], found["--uri"]
    if not uri.startswith(base):
        fail("not Graph: " + uri)
    path = uri[len(base):].partition("?")[0].split("/")
    body = json.loads(found["--body"]) if "--body" in found else None
    if body is not None and found.get("--headers") != "Content-Type=application/json":
        fail("a body needs its type")
    match method, path:
        case "PATCH", ["applications", object_id]:
            lagging(state, object_id)
            app = one(state["apps"], id=object_id) or fail(ABSENT.format(object_id))
            if not set(body) <= PATCHABLE:
                fail("One or more properties are invalid: " + ", ".join(set(body) - PATCHABLE))
            old = json.loads(json.dumps(app))
            merge(app, body)
            check_application(old, app)
        case "PATCH", ["servicePrincipals", object_id]:
            lagging(state, object_id)
            merge(one(state["sps"], id=object_id) or fail(ABSENT.format(object_id)), body)
        case "GET", ["servicePrincipals", object_id, "oauth2PermissionGrants"]:
            return page(state, uri, [grant for grant in state["grants"] if grant["clientId"] == object_id])
        case "GET", ["servicePrincipals", object_id, "appRoleAssignedTo"]:
            return page(state, uri, [one for one in state["assigned"] if one["resourceId"] == object_id])
        case "POST", ["oauth2PermissionGrants"]:
            if one(state["grants"], **{key: body[key] for key in ("clientId", "resourceId", "consentType")}):
                fail("Permission entry already exists.")
            state["grants"].append({"id": f"grant-{len(state['grants'])}", **body})
        case "PATCH", ["oauth2PermissionGrants", grant_id]:
            merge(one(state["grants"], id=grant_id) or fail(ABSENT.format(grant_id)), body)
        case "POST", ["servicePrincipals", object_id, "appRoleAssignedTo"]:
            if one(state["assigned"], **body):
                fail("Permission being assigned already exists on the object")
            if object_id != body["resourceId"] or body["principalId"] in state["unknown"]:
                fail(f"Invalid object identifier '{body['principalId']}'.")
            state["assigned"].append(body)
        case _:
            fail(f"Graph doesn't know {method} {uri}")
    return None


def create_app(state, found):
    number = len(state["apps"]) + 1
    app = {
        "id": f"00000000-0000-4000-8000-00000000000{number}",
        "appId": f"5d0b7a52-1c1f-4c0e-8f0c-00000000000{number}",
        "displayName": found["--display-name"],
        "signInAudience": found["--sign-in-audience"],
        "identifierUris": [], "appRoles": [], "requiredResourceAccess": [],
        "passwordCredentials": [], "keyCredentials": [], "isFallbackPublicClient": None,
        "api": {"requestedAccessTokenVersion": int(found["--requested-access-token-version"]),
                "oauth2PermissionScopes": []},
        "web": {"redirectUris": [found["--web-redirect-uris"]],
                "implicitGrantSettings": {
                    "enableAccessTokenIssuance": found["--enable-access-token-issuance"] == "true",
                    "enableIdTokenIssuance": found["--enable-id-token-issuance"] == "true"}},
        "spa": {"redirectUris": []}, "publicClient": {"redirectUris": []},
    }
    state["apps"].append(app)
    state["lag"] = state["lag_of_new"]
    return app


def reset(state, found):
    app = one(state["apps"], appId=found["--id"]) or fail(ABSENT.format(found["--id"]))
    if not found.get("--append"):
        fail("without --append the other credentials would go")
    entry = {"displayName": found["--display-name"], "endDateTime": found["--end-date"]}
    if "--cert" in found:
        app["keyCredentials"].append({**entry, "from": open(found["--cert"][1:]).read()})
        return {"appId": app["appId"], "password": None}
    app["passwordCredentials"].append(entry)
    number = len(app["passwordCredentials"])
    return {"appId": app["appId"], "password": None if state["no_secret"] else f"{SECRET}~{number}"}


def federated(state, verb, found):
    app = one(state["apps"], appId=found["--id"]) or fail(ABSENT.format(found["--id"]))
    entries = app.setdefault("federated", [])
    if verb == "list":
        return entries
    wanted = json.loads(found["--parameters"])
    if verb == "create":
        if one(entries, name=wanted["name"]):
            fail("FederatedIdentityCredential with name already exists.")
        entries.append({"id": str(len(entries)), "description": None, **wanted})
    else:
        merge(one(entries, name=found["--federated-credential-id"]) or fail("no such credential"), wanted)
    return None


def answer(state, words):
    shown = ({"--output"}, {"--only-show-errors"})
    match words:
        case ["account", "show", *rest_]:
            options(rest_, *shown)
            return state["account"] or fail("Please run 'az login' to setup account.")
        case ["cloud", "show", *rest_]:
            options(rest_, *shown)
            return state["cloud"]
        case ["ad", "app", "list", *rest_]:
            found = options(rest_, {"--display-name", "--app-id", "--output"}, {"--only-show-errors"})
            return [app for app in state["apps"]
                    if app["displayName"].startswith(found.get("--display-name", ""))
                    and app["appId"] == found.get("--app-id", app["appId"])]
        case ["ad", "app", "create", *rest_]:
            return create_app(state, options(rest_, {
                "--display-name", "--sign-in-audience", "--requested-access-token-version",
                "--web-redirect-uris", "--enable-access-token-issuance", "--enable-id-token-issuance",
                "--output"}, {"--only-show-errors"}))
        case ["ad", "app", "credential", "reset", *rest_]:
            return reset(state, options(rest_, {
                "--id", "--display-name", "--end-date", "--cert", "--output"}, {"--append", "--only-show-errors"}))
        case ["ad", "app", "federated-credential", ("list" | "create" | "update") as verb, *rest_]:
            return federated(state, verb, options(rest_, {
                "--id", "--parameters", "--federated-credential-id", "--output"}, {"--only-show-errors"}))
        case ["ad", "sp", "show", *rest_]:
            found = options(rest_, {"--id", "--output"}, {"--only-show-errors"})
            return one(state["sps"], appId=found["--id"]) or fail(ABSENT.format(found["--id"]))
        case ["ad", "sp", "list", *rest_]:
            found = options(rest_, {"--filter", "--output"}, {"--only-show-errors"})
            return [sp for sp in state["sps"] if found["--filter"] == f"appId eq '{sp['appId']}'"]
        case ["ad", "sp", "create", *rest_]:
            found = options(rest_, {"--id", "--output"}, {"--only-show-errors"})
            if not one(state["apps"], appId=found["--id"]) or one(state["sps"], appId=found["--id"]):
                fail("the application is absent, or has a service principal")
            sp = {"id": f"50000000-0000-4000-8000-00000000000{len(state['sps'])}", "appId": found["--id"],
                  "appRoleAssignmentRequired": False, "tags": []}
            state["sps"].append(sp)
            state["lag"] = state["lag_of_new"]
            return sp
        case ["identity", "show", *rest_]:
            found = options(rest_, {"--ids", "--output"}, {"--only-show-errors"})
            return state["identities"].get(found["--ids"]) or fail("(ResourceNotFound) no such identity")
        case ["rest", *rest_]:
            return rest(state, rest_)
        case _:
            fail("'" + " ".join(words[:3]) + "' is misspelled or not recognized by the system.", 2)


def main():
    words = sys.argv[1:]
    with open(STATE) as file:
        before = file.read()
    state = json.loads(before)
    try:
        said = answer(state, list(words))
        save(state)
    finally:
        with open(STATE) as file:
            changed = {**json.loads(file.read()), "lag": 0} != {**json.loads(before), "lag": 0}
        with open(os.path.join(FOLDER, "calls.jsonl"), "a") as file:
            file.write(json.dumps({"args": words, "changes": changed}) + "\n")
    if said is not None:
        print(json.dumps(said))


main()

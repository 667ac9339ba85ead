#!/usr/bin/env bash
# Makes, or brings up to date, the app registration that Osier needs in one Microsoft Entra tenant:
# single tenant, v2 tokens, one redirect URI, the scope and the app role Mcp.Access, assignment
# required, admin consent, and one credential. What is right already is left alone, so that it can be
# run again at any time. What it finds and does goes to standard error; standard output gets the lines
# for osier.toml and nothing else. docs/ENTRA.md says why each of these is so.
# shellcheck disable=SC2016  # $name in single quotes is a variable of jq's
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: register.sh --url URL --credential KIND [options]

  --url URL               Osier's public URL: https, without a path (server.public_url)
  --credential KIND       how Osier proves to Entra who it is: secret, certificate, federated,
                          managed-identity, or none to leave the credentials alone

which registration
  --name NAME             its display name; default: Osier
  --app-id ID             its application id, where the name isn't enough
  --tenant ID             refuse to work in any other tenant than this
  --replace-redirects     remove redirect URIs that aren't Osier's; without it they are a refusal

who may sign in
  --assign ID             object id of a user or group that gets the role Mcp.Access; may be repeated
  --no-consent            don't grant admin consent; somebody else does

the credential
  --secret-file FILE      where a new secret is written, readable by its owner only;
                          default: ./osier-entra-secret
  --secret-days N         how long a new secret lasts, 1 to 730 days; default: 180
  --rotate                make a new secret although there is one; the old one goes on until it ends
  --certificate FILE      the certificate, PEM, without its private key
  --issuer URL            the issuer of the tokens of a federated credential
  --subject TEXT          their subject
  --managed-identity ID   resource id of a user-assigned managed identity

  --direct                also give the API the identifier URIs URL and URL/mcp (auth.mode = "direct")
  --dry-run               look, and print the commands that would change something
  --help
USAGE
}

say() { printf '%s\n' "$*" >&2; }
refuse() { say "refused: $*"; exit 1; }
bad() { say "register.sh: $*"; say "see register.sh --help"; exit 64; }

GRAPH_APP=00000003-0000-0000-c000-000000000000
ACCESS=Mcp.Access
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

url='' credential='' name=Osier app_id='' tenant='' replace_redirects=false consent=true
secret_file=./osier-entra-secret secret_days=180 rotate=false certificate='' issuer='' subject=''
identity='' direct=false dry_run=false
assign=()

while [ $# -gt 0 ]; do
  case "$1" in
    --replace-redirects) replace_redirects=true; shift; continue ;;
    --no-consent) consent=false; shift; continue ;;
    --rotate) rotate=true; shift; continue ;;
    --direct) direct=true; shift; continue ;;
    --dry-run) dry_run=true; shift; continue ;;
    --help) usage; exit 0 ;;
    --url | --credential | --name | --app-id | --tenant | --assign | --secret-file | --secret-days | \
      --certificate | --issuer | --subject | --managed-identity) ;;
    *) bad "$1 is not a known option" ;;
  esac
  [ -n "${2:-}" ] || bad "$1 needs a value"
  case "$1" in
    --url) url=$2 ;;
    --credential) credential=$2 ;;
    --name) name=$2 ;;
    --app-id) app_id=$2 ;;
    --tenant) tenant=$2 ;;
    --assign) assign+=("$2") ;;
    --secret-file) secret_file=$2 ;;
    --secret-days) secret_days=$2 ;;
    --certificate) certificate=$2 ;;
    --issuer) issuer=$2 ;;
    --subject) subject=$2 ;;
    --managed-identity) identity=$2 ;;
  esac
  shift 2
done

is_guid() { [[ "$1" =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]]; }

[ -n "$url" ] || bad "--url is missing"
[[ "$url" =~ ^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://localhost)(:[0-9]{1,5})?$ ]] ||
  bad "--url must be https, in lower case, without a path: https://osier.example.com"
[[ "$name" =~ ^[A-Za-z0-9][A-Za-z0-9\ ._-]{0,118}$ ]] ||
  bad "--name takes letters, digits, blanks, '.', '_' and '-'"
for id in "$app_id" "$tenant" ${assign[@]+"${assign[@]}"}; do
  [ -z "$id" ] || is_guid "$id" || bad "$id is not an id such as 5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
done
case "$credential" in
  '') bad "--credential is missing" ;;
  none | secret) ;;
  certificate) [ -n "$certificate" ] || bad "--credential certificate needs --certificate FILE" ;;
  federated) { [ -n "$issuer" ] && [ -n "$subject" ]; } ||
    bad "--credential federated needs --issuer URL and --subject TEXT" ;;
  managed-identity) [ -n "$identity" ] || bad "--credential managed-identity needs --managed-identity ID" ;;
  *) bad "--credential must be secret, certificate, federated, managed-identity or none" ;;
esac
[[ "$secret_days" =~ ^([1-9][0-9]?|[1-6][0-9]{2}|7[0-2][0-9]|730)$ ]] ||
  bad "--secret-days must be a number from 1 to 730"
[ "$credential" = secret ] || [ "$rotate" = false ] || bad "--rotate goes with --credential secret"

for tool in az jq; do
  command -v "$tool" >/dev/null || refuse "$tool is not installed"
done

# ---- az ------------------------------------------------------------------------------------------

# look ARGUMENTS: reads; JSON on standard output.
look() { az "$@" --only-show-errors --output json; }

# shown ARGUMENTS: the az command, to be read and pasted.
shown() {
  local word line='    az'
  for word in "$@"; do
    [[ "$word" =~ ^[A-Za-z0-9_./:=@-]+$ ]] || word="'$word'"
    line+=" $word"
  done
  say "$line"
}

# change TEXT ARGUMENTS: says what changes and changes it, or prints the command. What Entra has just
# made isn't known everywhere at once, so 'not found' is tried again.
change() {
  local text=$1 try said
  shift
  say "  $text"
  if [ "$dry_run" = true ]; then
    shown "$@"
    return
  fi
  for try in 1 2 3 4 5 6; do
    if said=$(az "$@" --only-show-errors --output json 2>&1 >/dev/null); then return; fi
    case "$said" in
      *"does not exist"* | *"not found"* | *NotFound* | *"not present"*) ;;
      *) break ;;
    esac
    [ "$try" = 6 ] || sleep "${REGISTER_PAUSE:-5}"
  done
  say "$said"
  refuse "az could not do this: $text. What was done before it stays; run the script again."
}

# listed URL: all pages of a list of Graph, as one array.
listed() {
  local next=$1 page
  while [ -n "$next" ]; do
    page=$(look rest --method GET --uri "$next") || return
    jq -c '.value[]' <<<"$page"
    next=$(jq -r '."@odata.nextLink" // ""' <<<"$page")
  done | jq -sc .
}

# wanted FILTER [jq arguments]: what a filter of register.jq makes of standard input.
wanted() {
  local filter=$1
  shift
  jq -c -L "$here" "$@" "include \"register\"; $filter"
}

lower() { tr '[:upper:]' '[:lower:]'; }
new_guid() { if command -v uuidgen >/dev/null; then uuidgen; else cat /proc/sys/kernel/random/uuid; fi | lower; }

account=$(look account show) || refuse "az is not signed in: az login --tenant YOUR-TENANT"
tid=$(jq -r .tenantId <<<"$account")
is_guid "$tid" || refuse "az doesn't say which tenant it is signed in to: az login --tenant YOUR-TENANT"
[ -z "$tenant" ] || [ "$(lower <<<"$tenant")" = "$tid" ] ||
  refuse "az is signed in to the tenant $tid, not to $tenant: az login --tenant $tenant"
cloud=$(look cloud show)
graph=$(jq -r '.endpoints.microsoftGraphResourceId | rtrimstr("/")' <<<"$cloud")/v1.0
authority=$(jq -r '.endpoints.activeDirectory | rtrimstr("/")' <<<"$cloud")
exchange=api://AzureADTokenExchange
case "$(jq -r .name <<<"$cloud")" in
  AzureCloud) ;;
  AzureUSGovernment) exchange+=USGov ;;
  AzureChinaCloud) exchange+=China authority=https://login.partner.microsoftonline.cn ;;
  *) case "$credential" in
    federated | managed-identity) refuse "the audience of federated credentials in this cloud isn't known" ;;
  esac ;;
esac
say "tenant $tid"

# ---- the registration ------------------------------------------------------------------------------

callback=$url/oauth/callback

find_app() {
  if [ -n "$app_id" ]; then
    look ad app list --app-id "$app_id" | jq -c .
  else
    look ad app list --display-name "$name" | jq -c --arg name "$name" 'map(select(.displayName == $name))'
  fi
}
found=$(find_app)
case $(jq length <<<"$found") in
  0)
    [ -z "$app_id" ] || refuse "there is no registration with the application id $app_id"
    say "the registration '$name' doesn't exist yet"
    change "make it" ad app create --display-name "$name" --sign-in-audience AzureADMyOrg \
      --requested-access-token-version 2 --web-redirect-uris "$callback" \
      --enable-access-token-issuance false --enable-id-token-issuance false
    if [ "$dry_run" = true ]; then
      found=$(jq -cn --arg name "$name" --arg callback "$callback" '[{id: "OBJECT-ID", appId: "APPLICATION-ID",
        displayName: $name, signInAudience: "AzureADMyOrg", api: {requestedAccessTokenVersion: 2},
        web: {redirectUris: [$callback]}}]')
    else
      for _ in 1 2 3 4 5 6; do
        found=$(find_app)
        [ "$(jq length <<<"$found")" = 0 ] || break
        sleep "${REGISTER_PAUSE:-5}"
      done
      [ "$(jq length <<<"$found")" = 1 ] || refuse "Entra doesn't list the new registration yet; run the script again"
    fi ;;
  1) say "the registration '$(jq -r '.[0].displayName' <<<"$found")' exists" ;;
  *) refuse "several registrations are named '$name'; choose one with --app-id:" \
    "$(jq -r 'map(.appId) | join(", ")' <<<"$found")" ;;
esac
app=$(jq -c '.[0]' <<<"$found")
app_id=$(jq -r .appId <<<"$app")
say "application id $app_id"

others=$(wanted 'other_redirects($callback) | join(" ")' -r --arg callback "$callback" <<<"$app")
[ -z "$others" ] || [ "$replace_redirects" = true ] ||
  refuse "this registration has other redirect URIs: $others. Osier wants a registration of its own;" \
    "remove them, or say --replace-redirects"
[ "$(wanted 'role_for_people($value)' --arg value "$ACCESS" <<<"$app")" = true ] ||
  refuse "the app role $ACCESS exists, but not for users and groups; change that in the portal"

uris='[]'
[ "$direct" = false ] || uris="[\"$url\", \"$url/mcp\"]"
graph_sp=$(look ad sp show --id "$GRAPH_APP")
plan=$(wanted 'plan($callback; $uris; $value; $name; $ids; $graph)' --arg callback "$callback" --argjson uris "$uris" \
  --arg value "$ACCESS" --arg name "$name" --argjson ids "[\"$(new_guid)\", \"$(new_guid)\"]" \
  --argjson graph "$graph_sp" <<<"$app")
for step in $(jq '.steps | keys[]' <<<"$plan"); do
  change "$(jq -r ".steps[$step].text" <<<"$plan")" rest --method PATCH \
    --uri "$graph/applications/$(jq -r .id <<<"$app")" --headers Content-Type=application/json \
    --body "$(jq -c ".steps[$step].patch" <<<"$plan")"
done
app=$(jq -c .app <<<"$plan")

# ---- the enterprise application --------------------------------------------------------------------

find_sp() { look ad sp list --filter "appId eq '$app_id'"; }
if [ "$app_id" = APPLICATION-ID ]; then sps='[]'; else sps=$(find_sp); fi
if [ "$(jq length <<<"$sps")" = 0 ]; then
  change "the enterprise application" ad sp create --id "$app_id"
  sps='[{"id": "SERVICE-PRINCIPAL-ID"}]'
  if [ "$dry_run" = false ]; then
    for _ in 1 2 3 4 5 6; do
      sps=$(find_sp)
      [ "$(jq length <<<"$sps")" = 0 ] || break
      sleep "${REGISTER_PAUSE:-5}"
    done
    [ "$(jq length <<<"$sps")" = 1 ] || refuse "Entra doesn't list the new enterprise application yet; run the script again"
  fi
fi
sp=$(jq -c '.[0]' <<<"$sps")
sp_id=$(jq -r .id <<<"$sp")
new_sp() { [ "$sp_id" = SERVICE-PRINCIPAL-ID ]; }

patch=$(wanted enterprise <<<"$sp")
[ "$patch" = '{}' ] || change "assignment required, listed in the portal" rest --method PATCH \
  --uri "$graph/servicePrincipals/$sp_id" --headers Content-Type=application/json --body "$patch"

# ---- consent and assignment ------------------------------------------------------------------------

# grant RESOURCE-SP "SCOPES": admin consent for everybody.
grant() {
  local resource=$1 now missing
  now=$(jq -c --arg resource "$resource" '[.[] | select(.resourceId == $resource and .consentType == "AllPrincipals")][0] // {}' <<<"$grants")
  missing=$(jq -r --arg wanted "$2" '($wanted | split(" ")) - ((.scope // "") | split(" ")) | join(" ")' <<<"$now")
  [ -n "$missing" ] || return 0
  if [ "$now" = '{}' ]; then
    change "admin consent: $missing" rest --method POST --uri "$graph/oauth2PermissionGrants" \
      --headers Content-Type=application/json --body "$(jq -cn --arg client "$sp_id" --arg resource "$resource" \
        --arg scope "$missing" '{clientId: $client, consentType: "AllPrincipals", resourceId: $resource, scope: $scope}')"
  else
    change "admin consent: $missing" rest --method PATCH \
      --uri "$graph/oauth2PermissionGrants/$(jq -r .id <<<"$now")" --headers Content-Type=application/json \
      --body "$(jq -c --arg more "$missing" '{scope: ((.scope // "" | split(" ")) + ($more | split(" ")) | map(select(. != "")) | join(" "))}' <<<"$now")"
  fi
}
if [ "$consent" = true ]; then
  if new_sp; then grants='[]'; else grants=$(listed "$graph/servicePrincipals/$sp_id/oauth2PermissionGrants"); fi
  grant "$sp_id" "$ACCESS"
  grant "$(jq -r .id <<<"$graph_sp")" "openid profile offline_access"
else
  say "  admin consent is left to somebody else: in the portal, API permissions, Grant admin consent"
fi

if [ ${#assign[@]} -gt 0 ]; then
  role=$(jq -r --arg value "$ACCESS" '.appRoles[] | select(.value == $value) | .id' <<<"$app")
  if new_sp; then assigned='[]'; else assigned=$(listed "$graph/servicePrincipals/$sp_id/appRoleAssignedTo"); fi
  for principal in "${assign[@]}"; do
    principal=$(lower <<<"$principal")
    jq -e --arg role "$role" --arg principal "$principal" \
      'any(.appRoleId == $role and .principalId == $principal)' <<<"$assigned" >/dev/null && continue
    change "the role $ACCESS for $principal" rest --method POST --uri "$graph/servicePrincipals/$sp_id/appRoleAssignedTo" \
      --headers Content-Type=application/json --body "$(jq -cn --arg principal "$principal" --arg sp "$sp_id" \
        --arg role "$role" '{principalId: $principal, resourceId: $sp, appRoleId: $role}')"
    assigned=$(jq -c --arg role "$role" --arg principal "$principal" '. + [{appRoleId: $role, principalId: $principal}]' <<<"$assigned")
  done
fi

# ---- the credential --------------------------------------------------------------------------------

toml=''
secret() {
  local valid
  valid=$(wanted secret_ends -r <<<"$app")
  toml='credential = "secret"
# The secret itself stays out of this file: OSIER_AUTH__CLIENT_SECRET_FILE names the file that holds it.'
  if [ -n "$valid" ] && [ "$rotate" = false ]; then
    say "the secret 'osier' lasts until $valid; --rotate makes another"
    return
  fi
  [ ! -e "$secret_file" ] || refuse "$secret_file exists; move it away, or name another --secret-file"
  local ends
  ends=$(jq -rn --argjson days "$secret_days" 'now + $days * 86400 | floor | todate')
  local make=(ad app credential reset --id "$app_id" --append --display-name osier --end-date "$ends")
  say "  a new secret until $ends, in $secret_file"
  if [ "$dry_run" = true ]; then
    shown "${make[@]}"
    return
  fi
  (umask 077 && set -C && : >"$secret_file") || refuse "$secret_file can't be written"
  if ! look "${make[@]}" | jq -er '.password // empty' | tr -d '\n' >"$secret_file" || [ ! -s "$secret_file" ]; then
    rm -f "$secret_file"
    refuse "no secret was got from az; if Entra lists one named 'osier' now, run again with --rotate"
  fi
}

certificate() {
  [ -r "$certificate" ] || refuse "$certificate can't be read"
  ! grep -q 'PRIVATE KEY' "$certificate" || refuse "$certificate holds a private key, which must not leave Osier's machine"
  command -v openssl >/dev/null || refuse "openssl is not installed"
  local print key ends
  print=$(openssl x509 -in "$certificate" -noout -fingerprint -sha256 2>/dev/null) || refuse "$certificate is not a PEM certificate"
  openssl x509 -in "$certificate" -noout -checkend 0 >/dev/null || refuse "$certificate has expired"
  ends=$(openssl x509 -in "$certificate" -noout -enddate)
  key="osier $(sed 's/.*=//; s/://g' <<<"$print" | cut -c 1-40)"
  toml='credential = "certificate"
certificate_file = "/etc/osier/entra.pem"
certificate_key_file = "/etc/osier/entra.key"'
  if jq -e --arg key "$key" '(.keyCredentials // []) | any(.displayName == $key)' <<<"$app" >/dev/null; then
    return
  fi
  change "the certificate '$key'" ad app credential reset --id "$app_id" --append --display-name "$key" \
    --end-date "${ends#notAfter=}" --cert "@$certificate"
}

# federated NAME ISSUER SUBJECT
federated() {
  local now='[]' wanted
  wanted=$(jq -cn --arg name "$1" --arg issuer "$2" --arg subject "$3" --arg audience "$exchange" \
    '{name: $name, issuer: $issuer, subject: $subject, audiences: [$audience]}')
  if [ "$app_id" != APPLICATION-ID ]; then now=$(look ad app federated-credential list --id "$app_id"); fi
  now=$(jq -c --arg name "$1" '[.[] | select(.name == $name)][0] // {}' <<<"$now")
  if [ "$now" = '{}' ]; then
    change "the federated credential '$1'" ad app federated-credential create --id "$app_id" --parameters "$wanted"
  elif [ "$(jq -c '{name, issuer, subject, audiences}' <<<"$now")" != "$wanted" ]; then
    change "the federated credential '$1', changed" ad app federated-credential update --id "$app_id" \
      --federated-credential-id "$1" --parameters "$wanted"
  fi
}

case "$credential" in
  none) toml='# credential: none was set up' ;;
  secret) secret ;;
  certificate) certificate ;;
  federated)
    federated osier-federated "$issuer" "$subject"
    toml='credential = "federated_file"
federated_token_file = "/var/run/secrets/azure/tokens/azure-identity-token"' ;;
  managed-identity)
    found=$(look identity show --ids "$identity") || refuse "there is no such managed identity: $identity"
    federated osier-managed-identity "$authority/$tid/v2.0" "$(jq -r .principalId <<<"$found")"
    toml="credential = \"managed_identity\"
managed_identity_client_id = \"$(jq -r .clientId <<<"$found")\"" ;;
esac

# ---- what Osier needs to know ----------------------------------------------------------------------

if [ "$direct" = true ]; then mode=direct; else mode=facade; fi
say "done; the lines for osier.toml:"
cat <<TOML
[server]
public_url = "$url"

[identity]
tenant_id = "$tid"
discovery_url = "$authority/$tid/v2.0/.well-known/openid-configuration"
audience = "$app_id"

[auth]
mode = "$mode"
client_id = "$app_id"
$toml
TOML

# What register.sh wants of the registration. A filter takes the application as Graph shows it and makes
# the members that must change: {} when all is well. What others put there stays.

def tokens:
  (if .signInAudience != "AzureADMyOrg" then {signInAudience: "AzureADMyOrg"} else {} end)
  + (if .api.requestedAccessTokenVersion != 2 then {api: {requestedAccessTokenVersion: 2}} else {} end)
  + (if .isFallbackPublicClient == true then {isFallbackPublicClient: false} else {} end);

def other_redirects($callback):
  [.web, .spa, .publicClient] | map(.redirectUris // [] | .[]) | map(select(. != $callback));

def redirect($callback):
  (if .web.redirectUris != [$callback] then {web: {redirectUris: [$callback]}} else {} end)
  + (if (.spa.redirectUris // []) != [] then {spa: {redirectUris: []}} else {} end)
  + (if (.publicClient.redirectUris // []) != [] then {publicClient: {redirectUris: []}} else {} end);

def no_implicit_grants:
  if .web.implicitGrantSettings | .enableAccessTokenIssuance == true or .enableIdTokenIssuance == true
  then {web: {implicitGrantSettings: {enableAccessTokenIssuance: false, enableIdTokenIssuance: false}}}
  else {} end;

def identifier_uris($more):
  (.identifierUris // []) as $now
  | (["api://\(.appId)"] + $more) - $now
  | if . == [] then {} else {identifierUris: ($now + .)} end;

# Adds $new to a list of scopes or roles, or enables the one that has its value.
def enabled($new):
  if any(.value == $new.value)
  then map(if .value == $new.value then .isEnabled = true else . end)
  else . + [$new] end;

def scope($id; $value; $name):
  (.api.oauth2PermissionScopes // []) as $now
  | ($now | enabled({
      id: $id, value: $value, type: "Admin", isEnabled: true,
      adminConsentDisplayName: "Use \($name)",
      adminConsentDescription: "Lets people use \($name) through an assistant that they connected, within their own permissions.",
      userConsentDisplayName: "Use \($name)",
      userConsentDescription: "Lets you use \($name) through an assistant that you connected, within your own permissions."
    }))
  | if . == $now then {} else {api: {oauth2PermissionScopes: .}} end;

def role_for_people($value):
  (.appRoles // []) | all(.value != $value or (.allowedMemberTypes | index("User") != null));

def role($id; $value; $name):
  (.appRoles // []) as $now
  | ($now | enabled({
      id: $id, value: $value, isEnabled: true, allowedMemberTypes: ["User"],
      displayName: $value, description: "May use \($name)."
    }))
  | if . == $now then {} else {appRoles: .} end;

# The delegated permissions that a sign-in asks for: three of Microsoft Graph's and our own scope.
def permissions($value; $graph):
  ([$graph.oauth2PermissionScopes[] | select(.value == ("openid", "profile", "offline_access"))
      | {resourceAppId: $graph.appId, id}]
    + [.appId as $own | .api.oauth2PermissionScopes[] | select(.value == $value) | {resourceAppId: $own, id}]) as $wanted
  | (.requiredResourceAccess // []) as $now
  | (reduce $wanted[] as $one ($now;
      {id: $one.id, type: "Scope"} as $access
      | if any(.resourceAppId == $one.resourceAppId) | not
        then . + [{resourceAppId: $one.resourceAppId, resourceAccess: [$access]}]
        else map(if .resourceAppId == $one.resourceAppId and (.resourceAccess | index($access) | not)
          then .resourceAccess += [$access] else . end) end))
  | if . == $now then {} else {requiredResourceAccess: .} end;

# All of it, in order: the steps that are needed, each with its members, and the registration after
# them. Tokens come first: Entra takes an https identifier URI only after version 2 was chosen.
def plan($callback; $uris; $value; $name; $ids; $graph):
  def step($text; patch): . as {$steps, $app} | ($app | patch) as $patch
    | if $patch == {} then . else {steps: ($steps + [{$text, $patch}]), app: ($app * $patch)} end;
  {steps: [], app: .}
  | step("v2 tokens, this tenant alone"; tokens)
  | step("the one redirect URI: \($callback)"; redirect($callback))
  | step("no implicit grants"; no_implicit_grants)
  | step("the identifier URI"; identifier_uris($uris))
  | step("the scope \($value)"; scope($ids[0]; $value; $name))
  | step("the app role \($value)"; role($ids[1]; $value; $name))
  | step("the permissions that it asks for"; permissions($value; $graph));

# The enterprise application. The tag makes the portal list it.
def enterprise:
  "WindowsAzureActiveDirectoryIntegratedApp" as $tag
  | (if .appRoleAssignmentRequired != true then {appRoleAssignmentRequired: true} else {} end)
  + (if (.tags // []) | index($tag) then {} else {tags: ((.tags // []) + [$tag])} end);

# The end of the newest of our secrets that lasts a month more, or nothing.
def secret_ends:
  [.passwordCredentials // [] | .[] | select(.displayName == "osier") | .endDateTime
    | select((sub("\\.[0-9]+"; "") | fromdateiso8601) > now + 30 * 86400)] | max // empty;

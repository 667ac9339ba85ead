// A second identity provider, beside the demo's look-alike of Entra: npm's oidc-provider, told to put
// into its RS256 access tokens what Entra puts there (`tid`, `oid`, `scp`, `ver`), for the API's id as
// audience. Its pages know one person.
//   node oidc-provider.mjs PORT OSIER-ORIGIN
//
// It is reached as `localhost`, Osier as 127.0.0.1: two sites to a browser, as in real life.
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';

import Provider from 'oidc-provider';

const [port, osier] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const TENANT = 'f7ddedfa-cd5a-59d6-9621-8d22f6d16a87';
const API = '0221c1d6-cf53-53e0-819c-4878edf8c1d4';
const BEN = { name: 'ben', oid: '3f3e4e1c-c46a-5bdf-9552-816213ce8f7e' };
const RESOURCE = `api://${API}`;
const SCOPE = `${RESOURCE}/Mcp.Access`;

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const key = { ...createPrivateKey(privateKey).export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };

const provider = new Provider(issuer, {
  clients: [{
    client_id: API,
    client_secret: process.env.CLIENT_SECRET,
    client_name: 'Osier',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${osier}/oauth/callback`],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [key] },
  pkce: { required: () => true },
  scopes: ['openid', 'profile', 'offline_access'],
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      // Entra knows the API by the scope; `resource` isn't sent to it.
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => {
        if (resource !== RESOURCE) throw new Error(`asked for ${resource}`);
        return { audience: API, scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: 3600, jwt: { sign: { alg: 'RS256' } } };
      },
    },
  },
  formats: {
    customizers: {
      jwt: (_context, _token, jwt) => {
        jwt.header = { typ: 'JWT' };
        jwt.payload.nbf = jwt.payload.iat ?? Math.floor(Date.now() / 1000);
      },
    },
  },
  extraTokenClaims: (_context, token) => ({
    tid: TENANT, oid: token.accountId, scp: 'Mcp.Access', ver: '2.0', azp: token.clientId, azpacr: '1',
  }),
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  // As Entra does: a refresh token for whoever asks for offline_access, a new one at each use.
  issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, AuthorizationCode: 600, Grant: 86_400, Interaction: 600, RefreshToken: 86_400, Session: 86_400, IdToken: 3600 },
});
provider.on('server_error', (_context, error) => console.error(error));
for (const event of ['authorization.error', 'grant.error']) {
  provider.on(event, (_context, error) => console.error(event, error.message, error.error_description ?? '', error.error_detail ?? ''));
}

const rest = provider.callback();
const server = http.createServer(async (request, response) => {
  try {
    if (request.url === '/readyz') return response.end('ready');
    // Without it, offline_access is dropped here (OpenID Connect Core §11); Entra wants no such word.
    if (request.url.startsWith('/auth?')) request.url += '&prompt=consent';
    if (!request.url.startsWith('/interaction/')) return rest(request, response);
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (request.method === 'GET') {
      const label = prompt.name === 'login' ? BEN.name : 'Accept';
      response.setHeader('Content-Type', 'text/html');
      return response.end(`<!doctype html><title>${prompt.name}</title><form method="post"><button>${label}</button></form>`);
    }
    let result = { login: { accountId: BEN.oid } };
    if (prompt.name === 'consent') {
      const known = grantId && (await provider.Grant.find(grantId));
      const grant = known || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
      grant.addOIDCScope('openid profile offline_access');
      grant.addResourceScope(RESOURCE, SCOPE);
      result = { consent: { grantId: await grant.save() } };
    }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  } catch (error) {
    console.error(error);
    return response.writeHead(500).end();
  }
});
server.listen(Number(port), 'localhost');

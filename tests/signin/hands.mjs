// Walks without a client's program: the requests are made here, so that what must go wrong can be looked
// at, page by page and answer by answer.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

import { follow, signIn } from './browser.mjs';
import { listen } from './listener.mjs';
import { guarded } from './pages.mjs';

export async function register(osier, redirect, name = 'By hand') {
  const answer = await fetch(`${osier}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirect], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()).client_id;
}

export function ask(osier, { id, redirect, ...more }) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const parameters = {
    response_type: 'code',
    client_id: id,
    redirect_uri: redirect,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: `${osier}/mcp`,
    scope: 'Mcp.Access',
    ...more,
  };
  return { url: `${osier}/authorize?${new URLSearchParams(parameters)}`, verifier, state };
}

async function redeem(osier, { id, redirect, code, verifier }) {
  const form = { grant_type: 'authorization_code', client_id: id, redirect_uri: redirect, code, code_verifier: verifier };
  return fetch(`${osier}/token`, { method: 'POST', body: new URLSearchParams(form) });
}

// Register, walk, and what came back to the client.
async function go({ context, steps }, more = {}) {
  const listener = await listen('127.0.0.1');
  try {
    const { osier } = steps;
    const id = more.id ?? (await register(osier, listener.redirect));
    const asked = ask(osier, { id, redirect: listener.redirect });
    const walked = await signIn(context, asked.url, { ...steps, ...more });
    assert.equal(walked.seen.at(-1), 'client', walked.seen.join(', '));
    const answer = await listener.answer;
    assert.equal(answer.get('state'), asked.state);
    assert.equal(answer.get('iss'), osier);
    return { ...walked, answer, id, verifier: asked.verifier, redirect: listener.redirect };
  } finally {
    listener.close();
  }
}

export const byHand = {
  'the person says no': async (world) => {
    const { seen, answer } = await go(world, { decision: 'deny' });
    assert.deepEqual(seen, ['consent', 'client']);
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('code'), null);
    return `${seen.join(' > ')}; ${answer.get('error')}`;
  },

  'a program here is asked each time': async (world) => {
    const first = await go(world);
    const second = await go(world, { id: first.id });
    assert.equal(second.seen[0], 'consent', second.seen.join(', '));
    assert.ok(second.answer.get('code'), `${second.answer}`);
    return `${first.seen.join(' > ')}, then ${second.seen.join(' > ')}`;
  },

  'a person without the scope (dan)': async (world) => {
    const { osier } = world.steps;
    const walked = await go(world, { person: 'dan' });
    const answer = await redeem(osier, { ...walked, code: walked.answer.get('code') });
    const said = await answer.json();
    assert.equal(answer.status, 400, JSON.stringify(said));
    assert.equal(said.error, 'invalid_grant');
    assert.match(said.error_description, /Mcp\.Access/);
    return `${walked.seen.join(' > ')}; 400 ${said.error}`;
  },

  'a code is good once': async (world) => {
    const { osier } = world.steps;
    const walked = await go(world);
    const code = walked.answer.get('code');
    const first = await redeem(osier, { ...walked, code });
    assert.equal(first.status, 200, await first.text());
    const second = await redeem(osier, { ...walked, code });
    assert.equal(second.status, 400);
    assert.equal((await second.json()).error, 'invalid_grant');
    return '200, then 400 invalid_grant';
  },

  'an address that nobody allowed': async ({ context, steps }) => {
    const id = await register(steps.osier, 'http://127.0.0.1/callback');
    const { url } = ask(steps.osier, { id, redirect: 'https://elsewhere.example/callback' });
    const { seen, response, page } = await signIn(context, url, steps);
    assert.deepEqual(seen, ['refusal']);
    assert.equal(response.status(), 400);
    guarded(response);
    return `400: ${await page.$eval('h1', (it) => it.innerText)}`;
  },
};

// claude.ai's own client. Its site is played by the test: the browser's request for it is answered here.
export const CLAUDE = {
  id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
  redirect: 'https://claude.ai/api/mcp/auth_callback',
};

async function asClaude({ context, steps }) {
  const { osier } = steps;
  const asked = ask(osier, CLAUDE);
  const page = await context.newPage();
  await page.setRequestInterception(true);
  page.on('request', (request) =>
    new URL(request.url()).host === 'claude.ai'
      ? request.respond({ contentType: 'text/plain', body: 'Connected.' })
      : request.continue());
  const walked = await follow(page, await page.goto(asked.url), steps);
  const landed = new URL(walked.landed);
  assert.equal(landed.origin + landed.pathname, CLAUDE.redirect);
  assert.equal(landed.searchParams.get('state'), asked.state);
  assert.equal(landed.searchParams.get('iss'), osier);
  const answer = await redeem(osier, { ...CLAUDE, code: landed.searchParams.get('code'), verifier: asked.verifier });
  assert.equal(answer.status, 200, await answer.clone().text());
  return walked.seen;
}

export const overTls = {
  'claude.ai: a consent is remembered': async (world) => {
    const first = await asClaude(world);
    assert.equal(first[0], 'consent', first.join(', '));
    const cookies = (await world.context.cookies()).filter((cookie) => cookie.name.includes('osier'));
    assert.ok(cookies.length > 0, 'no cookie');
    for (const { name, secure, httpOnly, sameSite, path } of cookies) {
      assert.ok(name.startsWith('__Host-') && secure && httpOnly && sameSite === 'Lax' && path === '/', name);
    }
    const second = await asClaude(world);
    assert.ok(!second.includes('consent'), second.join(', '));
    return `${first.join(' > ')}, then ${second.join(' > ')}; ${cookies.map((cookie) => cookie.name).join(', ')}`;
  },
};

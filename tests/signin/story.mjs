// What every JavaScript client does here as ben: signs in by the browser, lists and reads, goes on with
// a new token when the old one is refused, and connects again without the browser.
import assert from 'node:assert/strict';

import { listen } from './listener.mjs';
import { CLAUDE_CODE, Provider } from './provider.mjs';

export const OSIER = new URL(process.env.OSIER_URL);

// The one read: of the demo's service, or, where there is no service, of the caller's own record.
const READS = {
  sites: {
    tool: 'list_sites',
    check: ({ items }) => assert.deepEqual(items.map((site) => site.code).sort(), ['12H', '60M', '8KP']),
  },
  permissions: {
    tool: 'get_my_permissions',
    check: ({ item }) => {
      assert.equal(item.id, '3f3e4e1c-c46a-5bdf-9552-816213ce8f7e');
      assert.ok(item.permissions.some(({ name }) => name === 'WillowApp.CanViewTickets'), JSON.stringify(item));
    },
  },
}[process.env.OSIER_READS];

// `connect(provider)` gives { listTools, callTool, negotiated, close }, or throws what `refused` knows;
// `finish(provider, answer)` hands over the browser's answer.
export async function tell({ client, by, expected, connect, refused, finish }) {
  const listener = await listen(by === 'cimd' ? 'localhost' : '127.0.0.1');
  const provider = new Provider({ name: client, redirect: listener.redirect, by });
  try {
    await assert.rejects(connect(provider), refused, 'connected without a token');
    assert.equal(provider.asked.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(provider.asked.searchParams.get('resource'), OSIER.href);
    assert.equal(provider.client.client_id === CLAUDE_CODE, by === 'cimd', provider.client.client_id);

    const answer = await listener.answer;
    assert.equal(answer.get('error'), null, `${answer}`);
    assert.equal(answer.get('state'), provider.lastState, 'the state');
    assert.equal(answer.get('iss'), OSIER.origin, 'the issuer');
    await finish(provider, answer);

    const first = await connect(provider);
    assert.equal(first.negotiated(), expected, 'the protocol version');
    const tools = await listAndRead(first);

    const before = provider.kept;
    provider.age();
    await listAndRead(first);
    assert.notEqual(provider.kept.access_token, before.access_token, 'no new access token');
    assert.notEqual(provider.kept.refresh_token, before.refresh_token, 'no new refresh token');
    await first.close();

    const second = await connect(provider);
    await listAndRead(second);
    await second.close();
    assert.equal(provider.opened, 1, 'the browser was opened again');
    assert.equal(provider.registered, 1, 'the client registered again');
    console.log(JSON.stringify({ client, by, protocol: expected, tools, refreshed: true, reconnected: true }));
  } finally {
    listener.close();
  }
}

export async function listAndRead({ listTools, callTool }) {
  const { tools } = await listTools();
  const name = READS.tool;
  assert.ok(tools.some((tool) => tool.name === name), `${name} is missing`);
  const result = await callTool(name, {});
  assert.ok(!result.isError, JSON.stringify(result.content));
  READS.check(result.structuredContent);
  return tools.length;
}

// mcp-remote, as a desktop client starts it: a local server on stdin and stdout that signs in by itself.
//   node mcp_remote.mjs dcr | cimd
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { CLAUDE_CODE } from './provider.mjs';
import { OSIER, listAndRead } from './story.mjs';

const by = process.argv[2];
const kept = process.env.MCP_REMOTE_CONFIG_DIR;
const proxy = fileURLToPath(import.meta.resolve('mcp-remote/dist/proxy.js'));
const asClaudeCode = ['--host', 'localhost', '--callback-path', '/callback', '--client-metadata-url', CLAUDE_CODE];

async function connect() {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [proxy, OSIER.href, '--transport', 'http-only', ...(by === 'cimd' ? asClaudeCode : [])],
    env: process.env,
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr.on('data', (text) => { said += text; });
  const client = new Client({ name: 'osier-signin-mcp-remote', version: '1.0.0' });
  try {
    await client.connect(transport);
    const tools = await listAndRead({
      listTools: () => client.listTools(),
      callTool: (name, args) => client.callTool({ name, arguments: args }),
    });
    await client.close();
    return tools;
  } catch (error) {
    console.error(said);
    throw error;
  }
}

// The one file of mcp-remote's with this ending.
function file(ending) {
  const names = fs.readdirSync(kept, { recursive: true }).filter((name) => name.endsWith(ending));
  assert.equal(names.length, 1, `${ending}: ${names}`);
  const place = path.join(kept, names[0]);
  return { place, value: JSON.parse(fs.readFileSync(place, 'utf8')) };
}

await connect();
// A registration is kept; for an id that is a URL there is none.
const registration = () => (by === 'dcr' ? file('client_info.json').value.client_id : undefined);
const id = registration();
const first = file('tokens.json');

await connect();
assert.equal(file('tokens.json').value.access_token, first.value.access_token, 'reconnected by a new token');

// The server refuses the token that is kept.
fs.writeFileSync(first.place, JSON.stringify({ ...first.value, access_token: `${first.value.access_token}A` }));
const tools = await connect();
const second = file('tokens.json').value;
assert.notEqual(second.access_token, first.value.access_token, 'no new access token');
assert.notEqual(second.refresh_token, first.value.refresh_token, 'no new refresh token');
assert.equal(registration(), id, 'the client registered again');
console.log(JSON.stringify({ client: 'mcp-remote', by, tools, refreshed: true, reconnected: true }));
process.exit(0);

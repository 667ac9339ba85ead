// The TypeScript SDK's first line: @modelcontextprotocol/sdk 1.x.
//   node sdk1.mjs dcr | cimd
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { OSIER, tell } from './story.mjs';

await tell({
  client: 'typescript sdk 1.x',
  by: process.argv[2],
  expected: '2025-11-25',
  refused: UnauthorizedError,
  finish: (provider, answer) =>
    new StreamableHTTPClientTransport(OSIER, { authProvider: provider }).finishAuth(answer.get('code')),
  connect: async (provider) => {
    const client = new Client({ name: 'osier-signin-sdk1', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(OSIER, { authProvider: provider });
    await client.connect(transport);
    return {
      negotiated: () => transport.protocolVersion,
      listTools: () => client.listTools(),
      callTool: (name, args) => client.callTool({ name, arguments: args }),
      close: async () => { await transport.terminateSession(); await client.close(); },
    };
  },
});

// The TypeScript SDK's second line: @modelcontextprotocol/client 2.x.
//   node sdk2.mjs dcr | cimd legacy | auto
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { OSIER, tell } from './story.mjs';

const [by, mode] = process.argv.slice(2);

await tell({
  client: `typescript client 2.x, ${mode}`,
  by,
  expected: { legacy: '2025-11-25', auto: '2026-07-28' }[mode],
  refused: UnauthorizedError,
  finish: (provider, answer) =>
    new StreamableHTTPClientTransport(OSIER, { authProvider: provider }).finishAuth(answer),
  connect: async (provider) => {
    const client = new Client({ name: 'osier-signin-sdk2', version: '1.0.0' }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(OSIER, { authProvider: provider });
    await client.connect(transport);
    return {
      negotiated: () => client.getNegotiatedProtocolVersion(),
      listTools: () => client.listTools(),
      callTool: (name, args) => client.callTool({ name, arguments: args }),
      close: async () => {
        if (mode === 'legacy') await transport.terminateSession();
        await client.close();
      },
    };
  },
});

// The TypeScript SDK's second line: @modelcontextprotocol/client 2.x.
//   node sdk2.mjs legacy | auto
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { Person, TOKEN, URL_OF_OSIER, tell } from './story.mjs';

const mode = process.argv[2];
const expected = { legacy: '2025-11-25', auto: '2026-07-28' }[mode];
if (!expected) throw new Error('say legacy or auto');

const person = new Person();
const client = new Client(
  { name: 'osier-test-sdk2', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
);
client.setRequestHandler('elicitation/create', async (request) => person.answer(request.params));
const transport = new StreamableHTTPClientTransport(URL_OF_OSIER, {
  authProvider: { token: async () => TOKEN },
});
await client.connect(transport);
try {
  await tell({
    client: `typescript client 2.x, ${mode}`,
    expected,
    negotiated: client.getNegotiatedProtocolVersion(),
    person,
    listTools: () => client.listTools(),
    callTool: (name, args) => client.callTool({ name, arguments: args }),
  });
} finally {
  if (mode === 'legacy') await transport.terminateSession();
  await client.close();
}

// The TypeScript SDK's first line: @modelcontextprotocol/sdk 1.x.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import { Person, TOKEN, URL_OF_OSIER, tell } from './story.mjs';

const person = new Person();
const client = new Client(
  { name: 'osier-test-sdk1', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } } },
);
client.setRequestHandler(ElicitRequestSchema, async (request) => person.answer(request.params));
const transport = new StreamableHTTPClientTransport(URL_OF_OSIER, {
  requestInit: { headers: { Authorization: `Bearer ${TOKEN}` } },
});
await client.connect(transport);
try {
  await tell({
    client: 'typescript sdk 1.x',
    expected: '2025-11-25',
    negotiated: transport.protocolVersion,
    person,
    listTools: () => client.listTools(),
    callTool: (name, args) => client.callTool({ name, arguments: args }),
  });
} finally {
  await transport.terminateSession();
  await client.close();
}

// One person's assistant, as far as the links need it: it calls tools in either era, and can't show
// a question. Requests are written by hand, so that no library answers one in its stead.
import assert from 'node:assert/strict';

export const VERSIONS = ['2025-11-25', '2026-07-28'];

const CLIENT = { name: 'Facility assistant', version: '1' };
const META = 'io.modelcontextprotocol';

export class Assistant {
  #last = 0;

  constructor({ url, token, version, client = CLIENT }) {
    Object.assign(this, { url, token, version, client });
  }

  static async connect(how) {
    const assistant = new Assistant(how);
    if (assistant.#isStateless()) return assistant;
    const { version, client } = assistant;
    const asked = { protocolVersion: version, capabilities: {}, clientInfo: client };
    const answer = await assistant.#post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: asked });
    assistant.session = answer.headers.get('mcp-session-id');
    assert.equal((await message(answer)).result.protocolVersion, version);
    await (await assistant.#post({ jsonrpc: '2.0', method: 'notifications/initialized' })).text();
    return assistant;
  }

  // The result of a tool, an error among them.
  async call(name, given) {
    const params = { name, arguments: given };
    if (this.#isStateless()) {
      params._meta = {
        [`${META}/protocolVersion`]: this.version,
        [`${META}/clientInfo`]: this.client,
        [`${META}/clientCapabilities`]: {},
      };
    }
    const answer = await this.#post({ jsonrpc: '2.0', id: ++this.#last, method: 'tools/call', params });
    const said = await message(answer);
    assert.ok(said.result, JSON.stringify(said));
    return said.result;
  }

  // Every row of a list.
  async rows(name, given) {
    const rows = [];
    for (let cursor; ;) {
      const page = await this.call(name, { ...given, pageSize: 100, ...(cursor && { cursor }) });
      assert.ok(!page.isError, text(page));
      rows.push(...page.structuredContent.items);
      cursor = page.structuredContent.nextCursor;
      if (!cursor) return rows;
    }
  }

  #isStateless() { return this.version === '2026-07-28'; }

  #post(body) {
    const headers = {
      Authorization: `Bearer ${this.token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': this.version,
    };
    if (this.session) headers['Mcp-Session-Id'] = this.session;
    if (this.#isStateless()) Object.assign(headers, { 'Mcp-Method': body.method, 'Mcp-Name': body.params.name });
    return fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

// The words of a result.
export function text(result) {
  return result.content.map((block) => block.text ?? '').join('\n');
}

// The response, alone or as the last message of a stream.
async function message(answer) {
  const body = await answer.text();
  assert.equal(answer.status, 200, body);
  if (!answer.headers.get('content-type').startsWith('text/event-stream')) return JSON.parse(body);
  const lines = body.split('\n').filter((line) => line.startsWith('data:') && line.length > 6);
  return JSON.parse(lines.at(-1).slice(5));
}

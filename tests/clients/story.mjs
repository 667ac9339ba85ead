// What every JavaScript client does here, signed in as ben: list, read, and create a ticket after a
// yes; a second one is declined and must leave nothing behind. `ask` is how the client calls a tool.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

export const URL_OF_OSIER = new URL(need('OSIER_URL'));
export const TOKEN = need('OSIER_TOKEN');

const BENS_SITES = ['12H', '60M', '8KP'];
const WORKS_AT = '60M';

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} isn't set`);
  return value;
}

// A person who answers the questions of the server, and remembers them.
export class Person {
  asked = [];
  says = { action: 'accept', content: { confirm: true } };

  answer(params) {
    this.asked.push(params);
    return this.says;
  }
}

export async function tell({ client, expected, negotiated, person, listTools, callTool }) {
  assert.equal(negotiated, expected, 'the protocol version');

  const tools = (await listTools()).tools;
  const names = tools.map((tool) => tool.name);
  for (const name of ['list_sites', 'list_tickets', 'get_ticket', 'create_ticket']) {
    assert.ok(names.includes(name), `${name} is not in ${names}`);
  }

  const read = async (name, args) => {
    const result = await callTool(name, args);
    assert.ok(!result.isError, `${name}: ${JSON.stringify(result.content)}`);
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, `${name}: text`);
    return result.structuredContent;
  };

  const sites = (await read('list_sites', {})).items;
  assert.deepEqual(sites.map((site) => site.code).sort(), BENS_SITES);
  const tickets = (await read('list_tickets', {})).items;
  assert.ok(tickets.length > 0, 'no tickets');
  for (const ticket of tickets) {
    assert.ok(sites.some((site) => site.id === ticket.siteId), `a ticket of ${ticket.siteId}`);
  }
  assert.equal(person.asked.length, 0, 'a read asks nothing');

  const siteId = sites.find((site) => site.code === WORKS_AT).id;
  const ticket = (summary) => ({ siteId, summary, description: 'Noticed on the round.', priority: 3 });

  const summary = `Door sticks ${randomUUID()}`;
  const created = (await read('create_ticket', ticket(summary))).item;
  assert.equal(created.summary, summary);
  assert.equal(created.siteId, siteId);
  assert.equal(person.asked.length, 1, 'a write asks once');
  const [{ message, requestedSchema }] = person.asked;
  assert.deepEqual(requestedSchema.required, ['confirm']);
  assert.equal(requestedSchema.properties.confirm.type, 'boolean');
  assert.ok(message.includes(summary), `the question doesn't show the summary: ${message}`);
  const found = (await read('get_ticket', { ticketId: created.id })).item;
  assert.equal(found.summary, summary);

  person.says = { action: 'decline' };
  const unwanted = `Never to be ${randomUUID()}`;
  const declined = await callTool('create_ticket', ticket(unwanted));
  assert.ok(declined.isError, 'a declined write is an error result');
  assert.equal(person.asked.length, 2);
  assert.deepEqual((await read('list_tickets', { q: unwanted })).items, [], 'a declined ticket');

  const told = {
    client,
    protocol: negotiated,
    tools: tools.length,
    sites: sites.length,
    tickets: tickets.length,
    created: created.sequenceNumber,
    asked: person.asked.length,
  };
  console.log(JSON.stringify(told));
}

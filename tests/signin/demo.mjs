// A demo as the checks need it: who calls there, through what, and how many tickets there are. The one
// that is running, or one of the check's own.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

import { Assistant, text } from './mcp.mjs';

const OSIER = process.env.OSIER ?? 'target/debug/osier';
const READY_WITHIN = 15_000;

export class Demo {
  #tokens = {};

  constructor(url, port) {
    this.url = url;
    this.osier = new URL(url).origin;
    this.port = port;
  }

  static async at(url, port) {
    const demo = new Demo(url, port);
    const ben = await demo.assistant('2026-07-28');
    const sites = await ben.rows('list_sites', {});
    demo.site = sites.find((site) => site.code === '60M').id;
    return demo;
  }

  // One of our own, with these settings; `stop` it.
  static async start(settings) {
    const port = await threePorts();
    const child = spawn(OSIER, ['demo', '--port', String(port)], { env: { ...process.env, ...settings }, stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    try {
      await ready(`http://127.0.0.1:${port}/readyz`, child);
      const demo = await Demo.at(`http://127.0.0.1:${port}/mcp`, port);
      demo.stop = async () => {
        child.kill('SIGTERM');
        assert.deepEqual(await ended, [0, null], 'how the demo ended');
      };
      return demo;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  token(person) {
    const command = ['token', '--user', person, '--port', String(this.port)];
    this.#tokens[person] ??= execFileSync(OSIER, command, { encoding: 'utf8' }).trim();
    return this.#tokens[person];
  }

  assistant(version, person = 'ben') {
    return Assistant.connect({ url: this.url, token: this.token(person), version });
  }

  // The arguments of a ticket that ben may create.
  ticket(summary) {
    return { siteId: this.site, summary, description: 'Since Monday', priority: 4 };
  }

  // How many tickets ana, who sees them all, finds.
  async tickets() {
    this.counter ??= await this.assistant('2026-07-28', 'ana');
    return (await this.counter.rows('list_tickets', { fields: ['id'] })).length;
  }

  // The link that a write is answered with.
  async asked(assistant, given, tool = 'create_ticket') {
    const result = await assistant.call(tool, given);
    assert.equal(result.isError, true, JSON.stringify(result));
    return this.link(text(result));
  }

  // The link in these words, which must be there.
  link(words) {
    assert.match(words, /^This needs your yes\./);
    const [link] = words.match(/http\S+\/confirm\/[a-z2-7]{26}\b/) ?? [];
    assert.equal(link && new URL(link).origin, this.osier, words);
    return link;
  }
}

async function ready(url, child) {
  for (const start = Date.now(); Date.now() - start < READY_WITHIN;) {
    assert.equal(child.exitCode, null, 'the demo ended before it was ready');
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`not ready within ${READY_WITHIN} ms`);
}

// The first of three that nobody listens at.
async function threePorts() {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all([first, first + 1, first + 2].map(isFree));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port) {
  return new Promise((done) => {
    const probe = net.createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}

// The walks, one after the other: each client signs in as ben through the browser, and says what it saw.
//   node walks.mjs        (tests/signin/run sets the environment)
//
// A walk passes if the client ended well, the browser was opened exactly once, and each page on the way
// was the one that should be there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { openBrowser, signIn } from './browser.mjs';
import { authorizationServerScenarios } from './conformance.mjs';
import { byHand, overTls } from './hands.mjs';
import { inspectorNow, inspectorOne } from './inspector.mjs';
import { checksOf } from './pages.mjs';
import { CLAUDE_CODE } from './provider.mjs';

const LONGEST = 60_000;
const { CHROMIUM, PYTHON, PLACE, SCRIPTS, DEMO_URL, TLS_URL, OIDC_URL } = process.env;

const browser = await openBrowser({ executable: CHROMIUM, home: path.join(PLACE, 'home') });
let failed = 0;

// A walk is a function of { osier, context, steps }; what it returns is told.
async function walk(name, world, what) {
  if (process.env.WALKS && !`${world.name}: ${name}`.includes(process.env.WALKS)) return;
  const start = performance.now();
  const context = await browser.createBrowserContext();
  const said = [];
  context.on('targetcreated', async (target) => {
    (await target.page())?.on('console', (line) => said.push(line.text()));
  });
  const steps = { osier: new URL(world.url).origin, person: 'ben' };
  let told;
  try {
    told = await what({ ...world, context, steps, name });
  } catch (error) {
    failed += 1;
    told = `FAILED\n${String(error?.stack ?? error)}\n${await shown(context)}\n${said.slice(-5).join('\n')}`.replace(/\n/g, '\n    ');
  } finally {
    await context.close();
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${world.name}: ${name.padEnd(34)} ${seconds.padStart(5)} s  ${told}`);
}

// What stands on the pages that a walk ended with.
async function shown(context) {
  const pages = await context.pages();
  const texts = pages.map(async (page) => {
    const text = await page.evaluate(() => document.body.innerText).catch(String);
    return `${page.url().slice(0, 100)}: ${text.replace(/\s+/g, ' ').slice(0, 700)}`;
  });
  return (await Promise.all(texts)).join('\n');
}

// A client that is a program: started, its browser walked, its last line read.
function program(by, command, ...args) {
  return async ({ url, reads, context, steps, environment }) => {
    const walks = [];
    const door = http.createServer(async (request, response) => {
      let opened = '';
      for await (const part of request) opened += part;
      response.end();
      walks.push(
        signIn(context, opened, { ...steps, on: checksOf(by) }).then((walked) => {
          if (walked.seen.at(-1) !== 'client') throw new Error(`the walk ended at ${walked.seen.join(', ')}`);
          assert.equal(new URL(opened).searchParams.get('client_id') === CLAUDE_CODE, by === 'cimd', opened);
          return walked.seen.join(' > ');
        }).catch((error) => { child.kill(); return error; }),
      );
    });
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');

    const child = spawn(command, args, {
      env: {
        ...process.env,
        ...environment,
        OSIER_URL: url,
        OSIER_READS: reads,
        OPEN_AT: `http://127.0.0.1:${door.address().port}/`,
        BROWSER: path.join(PLACE, 'open.mjs'),
        // No desktop has a word in which browser that is.
        XDG_CURRENT_DESKTOP: 'X-Generic',
        DISPLAY: '',
        WAYLAND_DISPLAY: '',
        FASTMCP_LOG_LEVEL: 'WARNING',
        FASTMCP_CHECK_FOR_UPDATES: 'off',
        MCP_REMOTE_CONFIG_DIR: fs.mkdtempSync(path.join(PLACE, 'mcp-remote-')),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => { out += text; });
    child.stderr.on('data', (text) => { err += text; });
    const late = setTimeout(() => child.kill(), LONGEST);
    const [code] = await once(child, 'close');
    clearTimeout(late);
    door.close();
    const pages = await Promise.all(walks);
    for (const page of pages) if (page instanceof Error) throw page;
    assert.equal(code, 0, `${out}${err}`);
    assert.equal(walks.length, 1, 'how often the browser was opened');
    const { tools, refreshed, reconnected } = JSON.parse(out.trim().split('\n').at(-1));
    assert.ok(refreshed && reconnected && tools > 0, out);
    return `${pages[0]}; ${tools} tools, refreshed, reconnected`;
  };
}

const script = (name, by, ...args) => program(by, process.execPath, path.join(PLACE, name), by, ...args);
const python = (name, by, ...args) => program(by, PYTHON, path.join(SCRIPTS, name), by, ...args);

if (DEMO_URL) {
  const demo = { name: 'demo', url: DEMO_URL, reads: 'sites' };
  await walk('typescript sdk 1.x, dcr', demo, script('sdk1.mjs', 'dcr'));
  await walk('typescript sdk 1.x, cimd', demo, script('sdk1.mjs', 'cimd'));
  await walk('typescript client 2.x, auto, dcr', demo, script('sdk2.mjs', 'dcr', 'auto'));
  await walk('typescript client 2.x, legacy, cimd', demo, script('sdk2.mjs', 'cimd', 'legacy'));
  await walk('python sdk, auto, dcr', demo, python('python_sdk.py', 'dcr', 'auto'));
  await walk('python sdk, legacy, cimd', demo, python('python_sdk.py', 'cimd', 'legacy'));
  await walk('fastmcp, auto, dcr', demo, python('fastmcp_client.py', 'dcr', 'auto'));
  await walk('fastmcp, legacy, cimd', demo, python('fastmcp_client.py', 'cimd', 'legacy'));
  await walk('mcp-remote, dcr', demo, script('mcp_remote.mjs', 'dcr'));
  await walk('mcp-remote, cimd', demo, script('mcp_remote.mjs', 'cimd'));
  await walk('inspector 2.x', demo, inspectorNow);
  await walk('inspector 1.x, via proxy', demo, inspectorOne('Via Proxy'));
  for (const [name, what] of Object.entries(byHand)) await walk(name, demo, what);
  await walk('conformance, authorization server', demo, authorizationServerScenarios);
}
if (TLS_URL) {
  const { AUTHORITY } = process.env;
  const environment = { NODE_EXTRA_CA_CERTS: AUTHORITY, SSL_CERT_FILE: AUTHORITY };
  const tls = { name: 'tls ', url: TLS_URL, reads: 'sites', environment };
  await walk('typescript sdk 1.x, dcr', tls, script('sdk1.mjs', 'dcr'));
  await walk('python sdk, auto, cimd', tls, python('python_sdk.py', 'cimd', 'auto'));
  await walk('mcp-remote, dcr', tls, script('mcp_remote.mjs', 'dcr'));
  for (const [name, what] of Object.entries(overTls)) await walk(name, tls, what);
  await walk('inspector 1.x, direct', tls, inspectorOne('Direct', process.env.INSPECTOR_PORT));
}
if (OIDC_URL) {
  const oidc = { name: 'oidc', url: OIDC_URL, reads: 'permissions' };
  await walk('typescript sdk 1.x, dcr', oidc, script('sdk1.mjs', 'dcr'));
  await walk('typescript client 2.x, auto, cimd', oidc, script('sdk2.mjs', 'cimd', 'auto'));
  await walk('python sdk, auto, dcr', oidc, python('python_sdk.py', 'dcr', 'auto'));
}

await browser.close();
process.exit(failed === 0 ? 0 : 1);

// The MCP Inspector's web page, as a person uses it: connect, sign in, list, call; a second time without
// signing in; and once more with a token that the server refuses.
//
// The 2.x page reaches the server through its own backend. The 1.x page does so too ("Via Proxy"), or
// reaches it straight from the browser ("Direct").
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { DESKTOP, follow, labelled } from './browser.mjs';
import { checksOf } from './pages.mjs';
import { freePort } from './ports.mjs';

const LAUNCHER = '@modelcontextprotocol/inspector/clients/launcher/build/index.js';
const TOOLS = '[role=tab] ::-p-text(Tools)';
const PAGE_WAITS = 15_000;

// The 2.x line.
export async function inspectorNow({ url, context, steps }) {
  const [page, sandbox] = [await freePort(), await freePort()];
  const kept = fs.mkdtempSync(path.join(process.env.PLACE, 'inspector-'));
  const secrets = path.join(kept, 'secrets.json');
  const environment = {
    CLIENT_PORT: page, MCP_SANDBOX_PORT: sandbox, HOST: 'localhost', MCP_AUTO_OPEN_ENABLED: 'false',
    DANGEROUSLY_OMIT_AUTH: 'true', MCP_INSPECTOR_SECRET_STORE: 'file', MCP_STORAGE_DIR: kept, HOME: kept,
  };
  const parts = [
    part(LAUNCHER, ['--web', '--transport', 'http', '--server-url', url], environment),
  ];
  const tokens = () => {
    const { secrets: all } = JSON.parse(fs.readFileSync(secrets, 'utf8'));
    const [name] = Object.keys(all).filter((key) => key.includes(':tokens:'));
    return { all, name, value: JSON.parse(all[name]) };
  };
  try {
    await answers(page);
    const tab = await open(context, `http://localhost:${page}/`);
    const seen = await signInBy(tab, await toggle(tab), steps);
    await callNow(tab);
    const before = tokens();
    await connectAgain(tab);
    await callNow(tab);
    assert.equal(tokens().value.access_token, before.value.access_token, 'reconnected by a new token');

    const aged = { ...before.value, access_token: `${before.value.access_token}A` };
    const file = JSON.parse(fs.readFileSync(secrets, 'utf8'));
    fs.writeFileSync(secrets, JSON.stringify({ ...file, secrets: { ...before.all, [before.name]: JSON.stringify(aged) } }));
    await connectAgain(tab);
    await callNow(tab);
    const after = tokens();
    assert.notEqual(after.value.access_token, before.value.access_token, 'no new access token');
    assert.notEqual(after.value.refresh_token, before.value.refresh_token, 'no new refresh token');
    return `${seen.join(' > ')}; listed, called, refreshed, reconnected`;
  } finally {
    for (const each of parts) each.kill();
  }
}

function toggle(tab) {
  return tab.waitForSelector('input[aria-label^="Connect or disconnect"]');
}

async function connectAgain(tab) {
  await tab.reload({ waitUntil: 'networkidle2' });
  await (await toggle(tab)).evaluate((it) => it.click());
}

async function callNow(tab) {
  await waitFor(tab, 'Connected');
  await (await tab.waitForSelector('input[value=Tools]')).evaluate((it) => it.click());
  await (await waitFor(tab, 'list_sites')).click();
  await press(tab, 'Execute Tool');
  await waitFor(tab, 'Osprentide Hall');
}

// The 1.x line, by the connection type that its page calls `connection`.
// Osier lets a page speak to it that `server.allowed_origins` names: for "Direct", `port` is that page's.
export function inspectorOne(connection, port) {
  return async ({ url, context, steps }) => {
    const [page, proxy] = [Number(port) || (await freePort()), await freePort()];
    const environment = {
      CLIENT_PORT: page, SERVER_PORT: proxy, HOST: 'localhost', MCP_AUTO_OPEN_ENABLED: 'false', DANGEROUSLY_OMIT_AUTH: 'true',
    };
    const parts = [
      part('@modelcontextprotocol/inspector-client/bin/client.js', [], environment),
      part('@modelcontextprotocol/inspector-server/build/index.js', [], environment),
    ];
    try {
      await answers(page);
      await answers(proxy);
      const asked = { transport: 'streamable-http', serverUrl: url, MCP_PROXY_FULL_ADDRESS: `http://localhost:${proxy}` };
      const tab = await open(context, `http://localhost:${page}/?${new URLSearchParams(asked)}`);
      await pick(tab, '#connection-type-select', connection);
      if (connection === 'Direct') await lastOneCounts(tab);
      const seen = await signInBy(tab, await waitForLabel(tab, 'Connect'), steps);
      await orByHand(tab);
      await callOne(tab);
      await again(tab, 'Connect', callOne);

      // "Direct" asks for a new token with a form that it calls application/json: its own mistake, and
      // our 400. A person signs in again.
      if (connection === 'Direct') return `${seen.join(' > ')}; listed, called, reconnected`;

      const kept = `[${url}] mcp_tokens`;
      const before = await tab.evaluate((key) => JSON.parse(sessionStorage.getItem(key)), kept);
      await tab.evaluate((key, value) => sessionStorage.setItem(key, value), kept,
        JSON.stringify({ ...before, access_token: `${before.access_token}A` }));
      await again(tab, 'Connect', callOne);
      const after = await tab.evaluate((key) => JSON.parse(sessionStorage.getItem(key)), kept);
      assert.notEqual(after.access_token, before.access_token, 'no new access token');
      assert.notEqual(after.refresh_token, before.refresh_token, 'no new refresh token');
      return `${seen.join(' > ')}; listed, called, refreshed, reconnected`;
    } finally {
      for (const each of parts) each.kill();
    }
  };
}

// "Direct" starts the sign-in twice, the second time over the first one's verifier; a browser that is
// quick to follow the first one ends with a wrong verifier. So the first is held until the second comes.
async function lastOneCounts(tab) {
  let second;
  const came = new Promise((done) => { second = done; });
  let asked = 0;
  await tab.setRequestInterception(true);
  tab.on('request', async (request) => {
    if (new URL(request.url()).pathname === '/authorize') {
      asked += 1;
      if (asked === 1) await Promise.race([came, new Promise((done) => setTimeout(done, 5_000))]);
      else second();
    }
    await request.continue().catch(() => {});
  });
}

async function callOne(tab) {
  await (await tab.waitForSelector(TOOLS)).click();
  await press(tab, 'List Tools');
  await (await waitFor(tab, 'List sites')).click();
  await press(tab, 'Run Tool');
  await waitFor(tab, 'Osprentide Hall');
}

// Signed in, the page mostly connects by itself.
async function orByHand(tab) {
  const connected = tab.waitForSelector(TOOLS, { timeout: 5_000 });
  await connected.catch(() => press(tab, 'Connect'));
}

// Loads the page anew and connects: by what the page has kept, without the sign-in.
async function again(tab, connect, then) {
  await tab.reload();
  await press(tab, connect);
  await then(tab);
}

async function signInBy(tab, connect, steps) {
  const [response] = await Promise.all([tab.waitForNavigation(), connect.evaluate((it) => it.click())]);
  const walked = await follow(tab, response, { ...steps, on: checksOf('dcr') });
  assert.equal(walked.seen.at(-1), 'client', walked.seen.join(', '));
  return walked.seen;
}

async function open(context, address) {
  const tab = await context.newPage();
  tab.setDefaultTimeout(PAGE_WAITS);
  await tab.setViewport(DESKTOP);
  await tab.goto(address);
  return tab;
}

async function pick(tab, menu, entry) {
  await (await tab.waitForSelector(menu)).click();
  await (await tab.waitForSelector(`[role=option] ::-p-text(${entry})`)).click();
}

function waitFor(tab, text) {
  return tab.waitForSelector(`::-p-text(${text})`, { visible: true });
}

async function waitForLabel(tab, label) {
  for (const end = performance.now() + PAGE_WAITS; performance.now() < end; ) {
    const button = await labelled(tab, label);
    if (button) return button;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no button ${label}: ${await tab.evaluate(() => document.body.innerText)}`);
}

async function press(tab, label) {
  await (await waitForLabel(tab, label)).click();
}

function part(file, args, environment) {
  const place = fileURLToPath(import.meta.resolve(file));
  return spawn(process.execPath, [place, ...args], { env: { ...process.env, ...environment }, stdio: 'ignore' });
}

async function answers(port) {
  for (const end = performance.now() + PAGE_WAITS; performance.now() < end; ) {
    const up = await fetch(`http://localhost:${port}/`).then(() => true, () => false);
    if (up) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`nothing listens at ${port}`);
}

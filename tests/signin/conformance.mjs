// The conformance suite's scenarios for authorization servers. The suite plays the client; the person
// at the browser is ours.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { signIn } from './browser.mjs';
import { freePort } from './ports.mjs';

const SCENARIOS = ['authorization-server-metadata-endpoint', 'authorization-code-grant'];

export async function authorizationServerScenarios({ url, context, steps }) {
  const { CONFORMANCE, PLACE } = process.env;
  const port = await freePort();
  const answer = await fetch(`${steps.osier}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'conformance', redirect_uris: [`http://127.0.0.1:${port}/callback`] }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { client_id: id } = await answer.json();

  const results = path.join(PLACE, 'results');
  fs.rmSync(results, { recursive: true, force: true });
  const suite = spawn(process.execPath, [
    CONFORMANCE, 'authorization', '--url', steps.osier, '--client-id', id, '--resource', url,
    '--port', String(port), '--output-dir', results,
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let walked;
  suite.stderr.on('data', (text) => { said += text; });
  suite.stdout.on('data', (text) => {
    said += text;
    const [asked] = said.match(/^http\S+\/authorize\?\S+$/m) ?? [];
    if (asked && !walked) walked = signIn(context, asked, steps).catch((error) => { suite.kill(); return error; });
  });
  const [code] = await once(suite, 'close');
  const page = await walked;
  if (page instanceof Error) throw page;

  const checks = fs.readdirSync(results, { recursive: true })
    .filter((name) => name.endsWith('checks.json'))
    .flatMap((name) => JSON.parse(fs.readFileSync(path.join(results, name), 'utf8')));
  const wrong = checks.filter((check) => !['SUCCESS', 'INFO'].includes(check.status));
  assert.deepEqual(wrong, [], said);
  assert.equal(code, 0, said);
  for (const scenario of SCENARIOS) assert.ok(said.includes(scenario), said);
  return `${checks.length} checks of ${SCENARIOS.length} scenarios`;
}

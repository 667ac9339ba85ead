// What others wrote is text on our pages, and our pages stand in nobody's frame (case 45).
import assert from 'node:assert/strict';
import http from 'node:http';

import { ask, register } from './hands.mjs';
import { question } from './link_answers.mjs';
import { openLink, said } from './link_page.mjs';
import { guarded } from './pages.mjs';

const MARKUP = '</pre></h1><img src=x onerror="document.title=\'ran\'"><script>document.title="ran"</script>';
const HIDDEN = /[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/;
const BIDI = '\u202egnp.tseuqer\u202c\u2066\u200b';
const REDIRECT = 'http://127.0.0.1/callback';

// Nothing of the markup became an element, nothing ran, nothing was fetched, nothing is hidden.
async function isText(page, fetched) {
  const shown = await said(page);
  assert.match(shown, /onerror/, shown);
  assert.doesNotMatch(shown, HIDDEN, JSON.stringify(shown));
  assert.deepEqual(await page.$$('img, script, iframe, object, link'), []);
  // Also markup that gets in doesn't run: the policy forbids it.
  const title = await page.title();
  assert.notEqual(title, 'ran');
  await page.evaluate((markup) => { document.body.insertAdjacentHTML('beforeend', markup); }, MARKUP);
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(await page.title(), title, 'a script ran');
  assert.deepEqual(fetched.filter((url) => url.endsWith('/x')), []);
}

// A page of its own that says what was fetched for it, and where a dialogue is a failure.
async function watched(context) {
  const fetched = [];
  const dialogues = [];
  context.on('targetcreated', async (target) => {
    const page = await target.page();
    page?.on('requestfinished', (request) => fetched.push(request.url()));
    page?.on('dialog', (dialogue) => { dialogues.push(dialogue.message()); dialogue.dismiss(); });
  });
  return { fetched, dialogues };
}

async function inSummary(demo, context) {
  const { fetched, dialogues } = await watched(context);
  for (const version of ['2025-11-25', '2026-07-28']) {
    const asked = await question(demo, version, `Light ${MARKUP} ${BIDI} ${version}`);
    const { page, status } = await openLink(context, asked.link, 'ben');
    assert.equal(status, 200);
    await isText(page, fetched);
  }
  assert.deepEqual(dialogues, []);
  return 'shown as text, nothing ran';
}

async function inClientName(demo, context) {
  const { fetched, dialogues } = await watched(context);
  const id = await register(demo.osier, REDIRECT, `<img src=x onerror=document.title='ran'> ${BIDI}`);
  const page = await context.newPage();
  guarded(await page.goto(ask(demo.osier, { id, redirect: REDIRECT }).url));
  await isText(page, fetched);
  assert.deepEqual(dialogues, []);
  return 'shown as text, nothing ran';
}

async function inError(demo, context) {
  const page = await context.newPage();
  const response = await page.goto(`${demo.osier}/oauth/callback?${new URLSearchParams({
    error: MARKUP, error_description: MARKUP, state: MARKUP,
  })}`);
  assert.ok(response.status() >= 400);
  guarded(response);
  assert.doesNotMatch(await said(page), /onerror|ran/);
  assert.deepEqual(await page.$$('img, script'), []);
  return `${response.status()}, not shown`;
}

// Another site on this machine, which frames what it is asked for. Its own page shows in a frame.
async function framed(demo, context) {
  const site = http.createServer((request, response) => {
    const inside = new URL(request.url, 'http://127.0.0.1').searchParams.get('inside');
    response.setHeader('Content-Type', 'text/html');
    response.end(inside ? `<iframe width=800 height=600 src="${inside.replaceAll('&', '&amp;')}"></iframe>` : 'Hello');
  });
  await new Promise((done) => { site.listen(0, '127.0.0.1', done); });
  const outside = `http://127.0.0.1:${site.address().port}/`;
  try {
    const asked = await question(demo, '2026-07-28', 'Not in a frame');
    // The browser of someone who has the page open already: its cookies go along, the site is the same.
    const { status } = await openLink(context, asked.link, 'ben');
    assert.equal(status, 200);
    const next = await question(demo, '2026-07-28', 'Not in a frame either');
    const id = await register(demo.osier, REDIRECT);
    const ours = {
      'the question': asked.link,
      'a question after a sign-in without a page': next.link,
      'an unknown link': `${demo.osier}/confirm/nothing`,
      consent: ask(demo.osier, { id, redirect: REDIRECT }).url,
      'an error': `${demo.osier}/authorize`,
    };
    const page = await context.newPage();
    assert.equal((await inFrame(page, outside, outside)).said, 'Hello');
    for (const [name, url] of Object.entries(ours)) {
      const { url: at, said: shown } = await inFrame(page, outside, url);
      assert.ok(at.startsWith('chrome-error:') && !shown.includes('Osier'), `${name}: ${at}: ${shown}`);
    }
    return `empty: ${Object.keys(ours).join(', ')}`;
  } finally {
    site.closeAllConnections();
    site.close();
  }
}

async function inFrame(page, outside, inside) {
  await page.goto(`${outside}?inside=${encodeURIComponent(inside)}`);
  const [, frame] = page.frames();
  return { url: frame.url(), said: await frame.evaluate(() => document.body.innerText) };
}

export const hostile = {
  'a hostile summary': inSummary,
  "a hostile client's name": inClientName,
  'a hostile error': inError,
  'in a frame': framed,
};

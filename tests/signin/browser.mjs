// A person at a headless Chromium: follows a sign-in page by page, as `ben` or who else is named, and
// tells which pages were seen. Every walk has a profile of its own, unless one is handed in.
import assert from 'node:assert/strict';

import puppeteer from 'puppeteer-core';

export const DESKTOP = { width: 1280, height: 800, deviceScaleFactor: 1 };
export const PHONE = { width: 390, height: 844, deviceScaleFactor: 1, isMobile: true, hasTouch: true };

const CALLBACK_TRIES = 50;
const LONGEST_WALK = 12;

// `home` holds Chromium's own state, and the certificate store that it trusts (.pki/nssdb).
export function openBrowser({ executable, home }) {
  return puppeteer.launch({
    executablePath: executable,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--lang=en-GB',
      // Pages may ask for fonts and the like of other sites: nothing leaves this machine.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
    env: { ...process.env, HOME: home, LANG: 'C.UTF-8' },
  });
}

// Opens `url` and follows it, in a page of its own.
export async function signIn(context, url, steps) {
  const page = await context.newPage();
  await page.setViewport(steps.viewport ?? DESKTOP);
  return follow(page, await page.goto(url), steps);
}

// Follows a page until one that isn't a step of the sign-in: the client's own, or a refusal.
// `on` is called for each page with (kind, page, response): pictures and checks.
export async function follow(page, response, { osier, person, decision = 'allow', on = async () => {} }) {
  const seen = [];
  let tries = 0;
  for (;;) {
    assert.ok(seen.length < LONGEST_WALK, `no end of the walk: ${seen}`);
    const kind = await kindOf(page, response, { osier, person });
    seen.push(kind);
    await on(kind, page, response);
    if (kind === 'consent') {
      response = await press(page, await page.$(`button[name=decision][value=${decision}]`));
    } else if (kind === 'people') {
      response = await press(page, await labelled(page, person));
    } else if (kind === 'accept') {
      response = await press(page, await labelled(page, 'accept'));
    } else if (kind === 'unreachable') {
      // The client's listener isn't up yet.
      tries += 1;
      assert.ok(tries < CALLBACK_TRIES, `nobody listens there: ${seen}`);
      seen.pop();
      await new Promise((done) => setTimeout(done, 100));
      response = await page.reload();
    } else {
      return { seen, page, response, landed: page.url() };
    }
  }
}

async function kindOf(page, response, { osier, person }) {
  if (page.url().startsWith('chrome-error:')) return 'unreachable';
  const here = new URL(page.url()).origin === osier;
  if (here && response?.status() >= 400) return 'refusal';
  if (here && (await page.$('button[name=decision]'))) return 'consent';
  if (await labelled(page, person)) return 'people';
  if (await labelled(page, 'accept')) return 'accept';
  return here ? 'osier' : 'client';
}

// The button with this label, whatever its case.
export async function labelled(page, label) {
  for (const button of await page.$$('button, input[type=submit]')) {
    const said = await button.evaluate((it) => it.value && it.tagName === 'INPUT' ? it.value : it.innerText);
    if (said.trim().toLowerCase() === label.toLowerCase()) return button;
  }
  return null;
}

async function press(page, button) {
  const [response] = await Promise.all([page.waitForNavigation(), button.click()]);
  return response;
}

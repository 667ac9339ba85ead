// Pictures of the pages that a person may meet on the way, at a desk and on a phone.
//   node pictures.mjs FOLDER
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';

import { DESKTOP, PHONE, openBrowser } from './browser.mjs';
import { CLAUDE, ask, register } from './hands.mjs';

const [folder] = process.argv.slice(2);
const { CHROMIUM, PLACE, DEMO_URL } = process.env;
const osier = new URL(DEMO_URL).origin;
const INSPECTOR = 'http://localhost:6274/oauth/callback';

const inspector = { id: await register(osier, INSPECTOR, 'MCP Inspector'), redirect: INSPECTOR };
const PAGES = {
  'consent-unverified': { asks: inspector, status: 200 },
  'consent-verified': { asks: CLAUDE, status: 200 },
  refusal: { asks: { ...inspector, redirect: 'https://elsewhere.example/callback' }, status: 400 },
};

await fs.mkdir(folder, { recursive: true });
const browser = await openBrowser({ executable: CHROMIUM, home: path.join(PLACE, 'home') });
for (const [name, { asks, status }] of Object.entries(PAGES)) {
  for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport(viewport);
    const response = await page.goto(ask(osier, asks).url);
    assert.equal(response.status(), status, name);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px wider than the ${size}`);
    await page.screenshot({ path: path.join(folder, `${name}-${size}.png`) });
    await context.close();
    console.log(`${name}-${size}.png`);
  }
}
await browser.close();

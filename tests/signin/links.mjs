// Confirmation by link: an assistant that can't show a question passes a link on, and a person answers
// it in Chromium. Of all the ways here, only the first writes, and only once.
//   node links.mjs                    each check and what it saw
//   node links.mjs pictures FOLDER    the pages' pictures
//
// tests/signin/run sets the environment. WALKS is a part of the name of the checks to be run.
import path from 'node:path';

import { openBrowser } from './browser.mjs';
import { Demo } from './demo.mjs';
import { answers } from './link_answers.mjs';
import { expired } from './link_expired.mjs';
import { hostile } from './link_hostile.mjs';
import { looks } from './link_looks.mjs';
import { pictures } from './link_pictures.mjs';

const { CHROMIUM, PLACE, DEMO_URL, DEMO_PORT, WALKS = '' } = process.env;
const [mode = 'walks', folder] = process.argv.slice(2);

const browser = await openBrowser({ executable: CHROMIUM, home: path.join(PLACE, 'home') });
const demo = await Demo.at(DEMO_URL, DEMO_PORT);
let failed = 0;

// A check is a function of (demo, context); what it returns is told.
async function check(name, what) {
  if (!`link: ${name}`.includes(WALKS)) return;
  const start = performance.now();
  const context = await browser.createBrowserContext();
  let told;
  try {
    told = await what(demo, context);
  } catch (error) {
    failed += 1;
    told = `FAILED\n${String(error?.stack ?? error)}`.replace(/\n/g, '\n    ');
  } finally {
    await context.close();
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`link: ${name.padEnd(34)} ${seconds.padStart(5)} s  ${told}`);
}

if (mode === 'pictures') {
  await check('pictures', (...world) => pictures(...world, folder));
} else {
  // It waits for half a minute, and the others are done meanwhile.
  const late = check('expired', expired);
  for (const [name, what] of Object.entries({ ...answers, ...looks, ...hostile })) await check(name, what);
  await late;
}

await browser.close();
process.exit(failed === 0 ? 0 : 1);

// The page of a link, and the person in front of it: opens the link, signs in where that is asked for,
// and answers by mouse, finger or keys.
import assert from 'node:assert/strict';

import { DESKTOP, labelled } from './browser.mjs';
import { guarded } from './pages.mjs';

const STEPS = 4;

// Opens a link as this person, up to the question or whatever is there instead.
export async function openLink(context, link, person, { viewport = DESKTOP, scripts = true } = {}) {
  const page = await context.newPage();
  await page.setViewport(viewport);
  await page.setJavaScriptEnabled(scripts);
  let response = await page.goto(link);
  const seen = [];
  for (const step of Array(STEPS).keys()) {
    if (new URL(page.url()).origin === new URL(link).origin) break;
    assert.ok(step < STEPS - 1, `no end of the sign-in: ${page.url()}`);
    const button = (await labelled(page, person)) ?? (await labelled(page, 'accept'));
    assert.ok(button, `neither ${person} nor accept at ${page.url()}`);
    response = await press(page, button);
  }
  assert.equal(page.url(), link, 'the question is at the link itself');
  guarded(response);
  return { page, response, status: response.status(), said: await said(page) };
}

// "yes" or "no", by mouse or by finger.
export async function answer(page, decision, by = 'click') {
  // Chromium draws nothing in a tab behind another, and a click waits for that.
  await page.bringToFront();
  const button = await page.$(`button[name=decision][value=${decision}]`);
  assert.ok(button, `no button for ${decision}: ${await said(page)}`);
  const response = await press(page, button, by);
  guarded(response);
  return { status: response.status(), said: await said(page) };
}

export async function press(page, button, by = 'click') {
  const [response] = await Promise.all([page.waitForNavigation(), button[by]()]);
  return response;
}

// What a person can read there.
export function said(page) {
  return page.evaluate(() => document.body.innerText);
}

// Presses Tab until the button with this label has the focus, and Enter then.
export async function byKeys(page, label) {
  for (let tabs = 1; tabs < 30; tabs += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const it = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(it);
      return { label: it.innerText ?? '', outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth) };
    });
    if (at.label.trim().toLowerCase() !== label.toLowerCase()) continue;
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    return { tabs, outline: at.outline };
  }
  throw new Error(`Tab doesn't lead to ${label} at ${page.url()}`);
}

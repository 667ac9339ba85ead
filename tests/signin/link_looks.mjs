// The pages for everybody: by keys alone, on a phone, without scripts, and readable in light and dark.
import assert from 'node:assert/strict';

import { DESKTOP, labelled, PHONE } from './browser.mjs';
import { ask, register } from './hands.mjs';
import { question } from './link_answers.mjs';
import { answer, byKeys, openLink, said } from './link_page.mjs';

// WCAG 2.2: 1.4.3 (text), 1.4.11 (borders of buttons, focus), 2.5.5 (CSS pixels).
const TEXT = 4.5;
const EDGE = 3;
const TARGET = 44;
// 1.4.10: no scrolling to the side.
const NARROW = { ...PHONE, width: 320 };
const REDIRECT = 'http://127.0.0.1/callback';

async function keysAlone(demo, context) {
  const asked = await question(demo, '2026-07-28', 'By keys alone');
  const page = await context.newPage();
  await page.goto(asked.link);
  await byKeys(page, 'ben');
  if (await labelled(page, 'accept')) await byKeys(page, 'accept');
  assert.equal(page.url(), asked.link);
  const { tabs, outline } = await byKeys(page, 'Yes, do it');
  assert.ok(outline >= 2, `the focus is ${outline} px wide`);
  assert.match(await said(page), /You said yes/);
  assert.ok(!(await asked.again()).isError);
  assert.equal(await asked.written(), 1);
  return `Tab ${tabs}, Enter; a focus of ${outline} px; one ticket`;
}

async function onAPhone(demo, context) {
  const asked = await question(demo, '2025-11-25', `On a phone ${'x'.repeat(120)}`);
  const { page } = await openLink(context, asked.link, 'ben', { viewport: PHONE, scripts: false });
  await fits(page);
  for (const button of await page.$$('button')) {
    const { y, width, height } = await button.boundingBox();
    assert.ok(height >= TARGET && width >= TARGET, `${width} x ${height}`);
    assert.ok(y + height <= PHONE.height, 'the buttons are seen at once');
  }
  assert.match((await answer(page, 'yes', 'tap')).said, /You said yes/);
  await fits(page);
  assert.ok(!(await asked.again()).isError);
  assert.equal(await asked.written(), 1);
  return `${PHONE.width} px wide, scripts off, by finger; one ticket`;
}

async function longWords(demo, context) {
  const word = 'W'.repeat(200);
  const asked = await question(demo, '2026-07-28', word);
  const id = await register(demo.osier, REDIRECT, word);
  const widths = [DESKTOP, PHONE, NARROW];
  for (const viewport of widths) {
    const { page } = await openLink(context, asked.link, 'ben', { viewport });
    await fits(page);
    await page.goto(ask(demo.osier, { id, redirect: REDIRECT }).url);
    await fits(page);
  }
  return `fit into ${widths.map(({ width }) => width).join(', ')} px`;
}

async function fits(page) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= room, `${wide} px wide in ${room}`);
}

async function contrast(demo, context) {
  const asked = await question(demo, '2026-07-28', 'Readable');
  const { page: questions } = await openLink(context, asked.link, 'ben');
  const consent = await context.newPage();
  const id = await register(demo.osier, REDIRECT);
  await consent.goto(ask(demo.osier, { id, redirect: REDIRECT }).url);
  const problem = await context.newPage();
  await problem.goto(`${demo.osier}/authorize`);
  const told = [];
  for (const scheme of ['light', 'dark']) {
    let least = Infinity;
    for (const page of [questions, consent, problem]) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      const { text, edge } = await page.evaluate(ratios);
      for (const [words, ratio] of text) assert.ok(ratio >= TEXT, `${scheme}: ${words}: ${ratio}`);
      for (const [words, ratio] of edge) assert.ok(ratio >= EDGE, `${scheme}: the edge of ${words}: ${ratio}`);
      least = Math.min(least, ...text.map(([, ratio]) => ratio));
    }
    told.push(`${scheme} ${least.toFixed(1)}:1`);
  }
  return `at least ${told.join(', ')}`;
}

// Runs in the page: each text's contrast with the ground behind it, and each button's edge's.
function ratios() {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((part) => part / 255).map((part) => (
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (parts(backgroundColor)[3] !== 0) return backgroundColor;
    }
    throw new Error('no ground');
  };
  const ratio = (one, two) => {
    const [dark, bright] = [light(one), light(two)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const text = [];
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (words) text.push([words, ratio(getComputedStyle(element).color, ground(element))]);
  }
  const edge = [...document.querySelectorAll('button')].map((button) =>
    [button.innerText, ratio(getComputedStyle(button).borderTopColor, ground(button.parentElement))]);
  return { text, edge };
}

export const looks = {
  'by keys alone': keysAlone,
  'on a phone, without scripts': onAPhone,
  'long words': longWords,
  contrast,
};

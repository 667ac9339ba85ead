// What becomes of an answer by link: only a person's first yes to these very arguments writes, when the
// call is made again, and only once.
import assert from 'node:assert/strict';

import { answer, openLink, said } from './link_page.mjs';
import { text, VERSIONS } from './mcp.mjs';

const YES = /You said yes/;
const NO = /You said no/;
export const UNKNOWN = /There is no such question/;

// The link of a new question, which nobody has opened.
export async function question(demo, version, summary) {
  const ben = await demo.assistant(version);
  const ticket = demo.ticket(summary);
  const before = await demo.tickets();
  const link = await demo.asked(ben, ticket);
  return {
    link,
    ticket,
    again: (changed = {}) => ben.call('create_ticket', { ...ticket, ...changed }),
    written: async () => (await demo.tickets()) - before,
  };
}

// What is done with the answer, in each era, in a browser of its own.
const inEach = (what) => async (demo, context) => {
  const told = [];
  for (const version of VERSIONS) {
    const own = await context.browser().createBrowserContext();
    told.push(`${version}: ${await what(demo, own, version)}`);
    await own.close();
  }
  return told.join('; ');
};

async function yes(demo, context, version) {
  const summary = `The lobby's light flickers, ${version}`;
  const asked = await question(demo, version, summary);
  const { page, status, said: shown } = await openLink(context, asked.link, 'ben');
  assert.equal(status, 200, shown);
  for (const part of ['Facility assistant', 'Quillmarrow House', summary, 'Since Monday', 'Priority\nlow']) {
    assert.ok(shown.includes(part), `${part} isn't in ${shown}`);
  }
  assert.equal(await asked.written(), 0, 'the question writes');
  assert.match((await answer(page, 'yes')).said, YES);
  assert.equal(await asked.written(), 0, 'the page itself writes');
  const done = await asked.again();
  assert.ok(!done.isError, text(done));
  assert.equal(done.structuredContent.item.summary, summary);
  assert.equal(await asked.written(), 1);
  return 'one ticket';
}

async function no(demo, context, version) {
  const asked = await question(demo, version, `Not this one, ${version}`);
  const { page } = await openLink(context, asked.link, 'ben');
  const { page: other } = await openLink(context, asked.link, 'ben');
  assert.match((await answer(page, 'no')).said, NO);
  // A yes in another tab is too late: the first answer counts.
  assert.match((await answer(other, 'yes')).said, NO);
  const told = await asked.again();
  assert.ok(told.isError && !text(told).includes('/confirm/'), text(told));
  assert.match(text(told), /said no/);
  assert.equal(await asked.written(), 0);
  return 'nothing, also after a later yes';
}

async function anotherPerson(demo, context, version) {
  const asked = await question(demo, version, `For ben alone, ${version}`);
  const nobodys = `${demo.osier}/confirm/${'a'.repeat(26)}`;
  const theirs = await openLink(context, asked.link, 'ana');
  const unknown = await openLink(context, nobodys, 'ana');
  for (const { status, said: shown } of [theirs, unknown]) {
    assert.equal(status, 404);
    assert.match(shown, UNKNOWN);
    assert.ok(!shown.includes('For ben alone'), shown);
  }
  const apart = (shown) => shown.replace(/req_\w+/, '');
  assert.equal(apart(theirs.said), apart(unknown.said), 'the two look alike');
  // Nor does a form of her own answer it.
  await Promise.all([theirs.page.waitForNavigation(), theirs.page.evaluate(() => {
    const form = document.createElement('form');
    form.method = 'post';
    for (const [name, value] of [['token', '0'.repeat(32)], ['decision', 'yes']]) {
      form.append(Object.assign(document.createElement('input'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  })]);
  assert.doesNotMatch(await said(theirs.page), YES);
  assert.equal(demo.link(text(await asked.again())), asked.link, "ben's question is still open");
  assert.equal(await asked.written(), 0);
  return '404 as for any unknown link, nothing';
}

async function usedTwice(demo, context, version) {
  const asked = await question(demo, version, `Only once, ${version}`);
  const { page } = await openLink(context, asked.link, 'ben');
  const { page: other } = await openLink(context, asked.link, 'ben');
  assert.match((await answer(page, 'yes')).said, YES);
  assert.match((await answer(other, 'yes')).said, YES);
  // Going back or loading again shows what was said, and nothing to press.
  for (const move of ['reload', 'goBack']) {
    await page.bringToFront();
    await page[move]();
    assert.match(await said(page), YES);
  }
  const both = await Promise.all([asked.again(), asked.again()]);
  const errors = both.filter((result) => result.isError).map(text);
  assert.equal(errors.length, 1, JSON.stringify(both));
  assert.match(errors[0], /already used/);
  assert.equal(await asked.written(), 1);
  // From here on the same call is another question, and the old link answers nothing more.
  const next = demo.link(text(await asked.again()));
  assert.notEqual(next, asked.link);
  const old = await openLink(context, asked.link, 'ben');
  assert.equal(await old.page.$('button'), null, old.said);
  assert.equal(demo.link(text(await asked.again())), next);
  assert.equal(await asked.written(), 1);
  return 'two yeses, two calls at once: one ticket, then another link';
}

async function changed(demo, context, version) {
  const asked = await question(demo, version, `With these arguments, ${version}`);
  const { page } = await openLink(context, asked.link, 'ben');
  assert.match((await answer(page, 'yes')).said, YES);
  for (const change of [{ priority: 1 }, { description: 'Since Tuesday' }, { dueDate: '2030-01-01T00:00:00Z' }]) {
    assert.notEqual(demo.link(text(await asked.again(change))), asked.link, JSON.stringify(change));
  }
  const ana = await demo.assistant(version, 'ana');
  assert.notEqual(await demo.asked(ana, asked.ticket), asked.link, "another person's call");
  assert.equal(await asked.written(), 0);
  assert.ok(!(await asked.again()).isError);
  assert.equal(await asked.written(), 1);
  return "another link each, nothing; the first's own call then writes";
}

export const answers = {
  yes: inEach(yes),
  no: inEach(no),
  'another person': inEach(anotherPerson),
  'used twice': inEach(usedTwice),
  'changed arguments': inEach(changed),
};

// A link that is too old. The time is real, so the demo is one of the check's own, with the shortest
// life that a question can have.
import assert from 'node:assert/strict';

import { Demo } from './demo.mjs';
import { question, UNKNOWN } from './link_answers.mjs';
import { answer, openLink } from './link_page.mjs';
import { text, VERSIONS } from './mcp.mjs';

const LIFE = 30;

export async function expired(_running, context) {
  const demo = await Demo.start({ OSIER_CONFIRMATION__TTL: String(LIFE) });
  try {
    const open = [];
    for (const version of VERSIONS) {
      const asked = await question(demo, version, `Too late, ${version}`);
      const { page, status, said } = await openLink(context, asked.link, 'ben');
      assert.equal(status, 200, said);
      open.push({ asked, page });
    }
    await new Promise((done) => setTimeout(done, (LIFE + 1) * 1000));
    for (const { asked, page } of open) {
      const late = await answer(page, 'yes');
      assert.equal(late.status, 404, late.said);
      assert.match(late.said, UNKNOWN);
      const opened = await openLink(context, asked.link, 'ben');
      assert.equal(opened.status, 404, opened.said);
      assert.notEqual(demo.link(text(await asked.again())), asked.link);
      assert.equal(await asked.written(), 0);
    }
    return `${LIFE + 1} s, ${VERSIONS.join(' and ')}: a late yes is 404, another link, nothing`;
  } finally {
    await demo.stop();
  }
}

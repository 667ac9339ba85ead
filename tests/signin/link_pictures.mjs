// Pictures of a link's pages, at a desk and on a phone.
import fs from 'node:fs/promises';
import path from 'node:path';

import { DESKTOP, PHONE } from './browser.mjs';
import { answer, openLink } from './link_page.mjs';

const SIZES = { desktop: DESKTOP, phone: PHONE };

export async function pictures(demo, context, folder) {
  await fs.mkdir(folder, { recursive: true });
  const ben = await demo.assistant('2025-11-25');
  const [ticket] = await ben.rows('list_tickets', { siteIds: [demo.site], tab: 'open', order: 'asc' });
  const change = { ticketId: ticket.id, priority: ticket.priority === 1 ? 2 : 1, dueDate: '2030-01-15T16:00:00Z' };
  const taken = [];
  const take = async (page, name) => {
    await page.screenshot({ path: path.join(folder, `${name}.png`), optimizeForSpeed: false });
    taken.push(`${name}.png`);
  };
  for (const [size, viewport] of Object.entries(SIZES)) {
    const link = await demo.asked(ben, { ...change, notes: `Seen from the ${size}` }, 'update_ticket');
    const { page } = await openLink(context, link, 'ben', { viewport });
    await take(page, `confirm-${size}`);
    await answer(page, 'yes');
    await take(page, `confirm-yes-${size}`);
    const unknown = await openLink(context, `${demo.osier}/confirm/${'a'.repeat(26)}`, 'ben', { viewport });
    await take(unknown.page, `confirm-unknown-${size}`);
  }
  return taken.join(', ');
}

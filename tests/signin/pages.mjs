// What must hold of each page that a person sees on the way.
import assert from 'node:assert/strict';

// For `on` of a walk: the checks of the pages, for a client known `by` dcr or cimd.
export function checksOf(by) {
  return async (kind, page, response) => {
    if (kind === 'consent') await consent(page, response, by);
    if (kind === 'people') identityProvider(page);
  };
}

async function consent(page, response, by) {
  guarded(response);
  assert.equal(await page.$('script'), null, 'a script on the consent page');
  const said = await page.evaluate(() => document.body.innerText);
  assert.match(said, by === 'cimd' ? /claude\.ai/ : /unverified/i, said);
  assert.match(said, /127\.0\.0\.1|localhost/, 'the host that the browser is sent to');
  assert.match(said, /Mcp\.Access/, 'what is asked for');
  assert.match(said, /on the device in front of you/, 'the warning for loopback');
}

// The headers of each page of ours.
export function guarded(response) {
  const headers = response.headers();
  assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/);
  assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/);
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.match(headers['cache-control'] ?? '', /no-store/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
}

// Entra refuses `resource`, and `prompt=consent` would ask an administrator.
function identityProvider(page) {
  const asked = new URL(page.url()).searchParams;
  assert.equal(asked.get('resource'), null, 'a resource was sent to the identity provider');
  assert.notEqual(asked.get('prompt'), 'consent', 'prompt=consent was sent to the identity provider');
}

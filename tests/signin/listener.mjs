// The loopback address that a client is sent back to. Waits for one answer of the browser.
import http from 'node:http';

export async function listen(host) {
  let arrived;
  const answer = new Promise((done) => { arrived = done; });
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, `http://${host}`);
    if (url.pathname !== '/callback') return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('Signed in. This window may be closed.');
    arrived(url.searchParams);
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  return {
    redirect: `http://${host}:${server.address().port}/callback`,
    answer,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

// Hands a URL to the person at the browser, as a client's `open` does.
export async function openInBrowser(url) {
  const answer = await fetch(process.env.OPEN_AT, { method: 'POST', body: String(url) });
  if (!answer.ok) throw new Error(`the browser said ${answer.status}`);
}

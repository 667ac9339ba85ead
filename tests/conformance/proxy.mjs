// A loopback proxy that adds a token to each request: the conformance suite can't send one, and Osier
// has no way around it. Everything else, Host and streams included, passes unchanged.
//   node proxy.mjs PORT TARGET-PORT        (OSIER_TOKEN holds the token)
import http from 'node:http';

const [port, target] = process.argv.slice(2).map(Number);
const token = process.env.OSIER_TOKEN;
if (!port || !target || !token) throw new Error('say PORT and TARGET-PORT, and set OSIER_TOKEN');

const agent = new http.Agent({ keepAlive: true });

const server = http.createServer((request, response) => {
  const headers = [...pairs(request.rawHeaders)].filter(([name]) => !/^(authorization|connection)$/i.test(name));
  const onward = http.request({
    agent,
    host: '127.0.0.1',
    port: target,
    method: request.method,
    path: request.url,
    setHost: false,
    headers: [...headers, ['Authorization', `Bearer ${token}`]].flat(),
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', (error) => {
    if (response.headersSent) return response.destroy();
    response.writeHead(502).end(String(error));
  });
  // A client that goes away cancels what it asked for.
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
server.requestTimeout = 0;
server.listen(port, '127.0.0.1');

function* pairs(flat) {
  for (let at = 0; at < flat.length; at += 2) yield [flat[at], flat[at + 1]];
}

// Ends TLS in front of Osier, as a customer's ingress does: what comes out is what came in.
//   node tls.mjs PORT TARGET-PORT KEY CERTIFICATE
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const [port, target, key, cert] = process.argv.slice(2);
const server = tls.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (outside) => {
  const inside = net.connect(Number(target), '127.0.0.1');
  outside.pipe(inside).pipe(outside);
  outside.on('error', () => inside.destroy());
  inside.on('error', () => outside.destroy());
});
server.listen(Number(port), 'localhost');

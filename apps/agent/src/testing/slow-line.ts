import type { LabHost } from '../../../../test/lab/lab-host';
import type { LabProcess } from '../../../../test/lab/process-table';
import { eventually } from '#common/testing';

/** 64 KiB every 60 ms: a few megabytes take a few seconds. */
const SCRIPT = `
  const net = require('net');
  const [address, ownPort] = process.argv.slice(1);
  const [host, port] = address.split(':');
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const serve = async (client) => {
    const server = net.connect(port, host);
    client.on('error', () => server.destroy()).pipe(server);
    try {
      for await (const chunk of server) {
        client.write(chunk);
        await wait((chunk.length * 60) / 65536);
      }
    } catch {}
    client.end();
  };
  net.createServer(serve).listen(ownPort, '127.0.0.1', () => console.log('listening'));`;

/** Makes `address` (host:port) reachable on the host at this port of its loopback too, over a line that is slow. */
export async function startSlowLine(host: LabHost, address: string, port: number): Promise<LabProcess> {
  const args = ['-e', SCRIPT, address, String(port)];
  const line = host.spawn({ part: 'slow-line', command: process.execPath, args });
  await eventually(() => line.logTail().includes('listening'), { reason: 'the slow line is up' });
  return line;
}

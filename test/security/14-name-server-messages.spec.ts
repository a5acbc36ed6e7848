import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { createLogger } from '#common/logging';
import { eventually } from '#common/testing';
import { recordsFor } from '../../apps/agent/src/dns/answer';
import { DnsServer } from '../../apps/agent/src/dns/dns-server';
import { NameTable } from '../../apps/agent/src/dns/name-table';
import { readQuery, type Query } from '../../apps/agent/src/dns/query';
import { encodeReply } from '../../apps/agent/src/dns/reply';
import { withLength } from '../../apps/agent/src/dns/tcp-framing';
import { ASKER, askByTcp, askByUdp, freePort, query } from '../../apps/agent/src/dns/testing/asking';
import { aNetwork, anEndpoint, aState } from '../../apps/agent/src/network/testing/a-state';
import type { NetworkState } from '../../apps/agent/src/network/network-state';

const RUNS = Number(process.env.SECURITY_RUNS ?? 500);
const LONG_NAME = 'a-service-with-a-name-as-long-as-names-of-services-may-be-00000';
const MOST_UDP_BYTES = 512;
const MOST_TCP_BYTES = 65_535;
/** One that carries an IPv4 address. */
const RECORD_BYTES = 16;
const MEMORY_BYTES = 50 * 1024 * 1024;

/** A service with so many tasks, and one who asks for them. */
function crowd(name: string, count: number): NetworkState {
  const addressOf = (index: number): string => `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  return aState({
    networks: [aNetwork('back', '10.0.0.0/8')],
    services: [{ id: 'crowd', name, networks: [{ networkId: 'back' }] }],
    endpoints: [
      anEndpoint('asker', 'n1', { back: ASKER }, { serviceId: 'other' }),
      ...Array.from({ length: count }, (_, index) =>
        anEndpoint(`t${index}`, 'n1', { back: addressOf(index) }, { serviceId: 'crowd', name: `${name}.${index}.t${index}` }),
      ),
    ],
  });
}

async function serverOf(state: NetworkState): Promise<{ port: number; server: DnsServer }> {
  const port = await freePort();
  const logger = createLogger('test', 'silent');
  // Names that are none of ours are nobody's here.
  const ask = (): Promise<Buffer> => Promise.reject(new Error('no server'));
  const server = new DnsServer({ nodeId: 'n1', state: () => state, port, address: ASKER, ask, logger });
  await server.follow(state);
  return { port, server };
}

describe('promise 14: an answer fits what carries it, whatever a name stands for', () => {
  it.each([
    { name: 'web', count: 3 },
    { name: LONG_NAME, count: 800 },
    { name: 'web', count: 2_700 },
    { name: LONG_NAME, count: 4_000 },
    { name: 'web', count: 10_000 },
  ])('$count tasks of $name', async ({ name, count }) => {
    const { port, server } = await serverOf(crowd(name, count));
    try {
      const question = query(`tasks.${name}`);
      const [byUdp, byTcp] = [await askByUdp(port, question), await askByTcp(port, question)];
      const fits = (most: number): number => Math.min(count, Math.floor((most - question.length) / RECORD_BYTES));
      expect(byUdp.length).toBeLessThanOrEqual(MOST_UDP_BYTES);
      expect(byTcp.length).toBeLessThanOrEqual(MOST_TCP_BYTES);
      const udp = decode(byUdp);
      expect(udp).toMatchObject({ rcode: 'NOERROR', flag_tc: fits(MOST_UDP_BYTES) < count });
      expect(udp.answers).toHaveLength(fits(MOST_UDP_BYTES));
      const tcp = decode(byTcp);
      expect(tcp.answers).toHaveLength(fits(MOST_TCP_BYTES));
      expect(tcp.answers?.[0]).toMatchObject({ name: `tasks.${name}`, type: 'A', ttl: 2 });
      expect(decode(await askByUdp(port, query('tasks.nobody')))).toMatchObject({ rcode: 'SERVFAIL' });
    } finally {
      server.close();
    }
  });

  it.each([
    { transport: 'udp' as const, count: 100 },
    { transport: 'tcp' as const, count: 5_000 },
  ])('each of $count tasks is in as many answers by $transport as any other', ({ transport, count }) => {
    const names = new NameTable(crowd('web', count));
    const asked = readQuery(query('tasks.web')) as Query & Required<Pick<Query, 'question'>>;
    const seen = new Map<string, number>();
    const questions = transport === 'udp' ? count : count / 100;
    for (let index = 0; index < questions; index++) {
      const records = recordsFor(names, asked.question, ASKER, () => (index + 0.5) / questions) ?? [];
      for (const { data } of decode(encodeReply(asked, { rcode: 0, records }, transport)).answers as { data: string }[])
        seen.set(data, (seen.get(data) ?? 0) + 1);
    }
    expect(seen.size).toBe(count);
    const counts = [...seen.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

const anyBytes = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
const header = (...counts: number[]): Buffer => {
  const bytes = Buffer.alloc(12);
  [0x1234, 0x0100, ...counts].forEach((field, index) => bytes.writeUInt16BE(field, index * 2));
  return bytes;
};
const question = Buffer.from([0, 1, 0, 1]);
const labels = (count: number, length: number): Buffer =>
  Buffer.concat([
    ...Array.from({ length: count }, () => Buffer.from([length, ...Array<number>(length).fill(97)])),
    Buffer.alloc(1),
  ]);
/** Good ones with some bytes changed, or cut. */
const mutated = fc
  .tuple(
    fc.constantFrom(
      query('web'),
      query('tasks.web'),
      query('3.0.1.10.in-addr.arpa', 'PTR'),
      encode({ type: 'response', answers: [] }),
    ),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 }),
    fc.nat(60),
  )
  .map(([message, changes, cut]) => {
    const copy = Buffer.from(message);
    for (const [offset, byte] of changes) copy[offset % copy.length] = byte;
    return copy.subarray(0, cut % 3 === 0 ? cut : copy.length);
  });
const pointers = fc
  .array(fc.nat(400), { minLength: 1, maxLength: 150 })
  .map((targets) =>
    Buffer.concat([header(1, 0, 0, 0), ...targets.map((target) => Buffer.from([0xc0 | (target >> 8), target & 255])), question]),
  );
const longNames = fc
  .tuple(fc.integer({ min: 1, max: 140 }), fc.integer({ min: 1, max: 63 }))
  .map(([count, length]) => Buffer.concat([header(1, 0, 0, 0), labels(count, length), question]));
const manyQuestions = fc
  .tuple(fc.nat(65_535), fc.nat(300))
  .map(([announced, count]) =>
    Buffer.concat([header(announced, 0, 0, 0), ...Array.from({ length: count }, () => Buffer.concat([labels(1, 3), question]))]),
  );
const records = fc
  .tuple(fc.nat(65_535), fc.nat(65_535), fc.nat(65_535), anyBytes)
  .map(([answers, authorities, additionals, rest]) =>
    Buffer.concat([header(1, answers, authorities, additionals), labels(1, 3), question, rest]),
  );
const hostile = fc.oneof(anyBytes, mutated, pointers, longNames, manyQuestions, records, fc.constant(Buffer.alloc(65_000, 0xc0)));

describe('promise 14: no message ends the name server', () => {
  it('reading one never throws, and what is answered can be read', () =>
    fc.assert(
      fc.property(hostile, fc.constantFrom('udp' as const, 'tcp' as const), (message, transport) => {
        const read = readQuery(message);
        if (!read) return;
        const answer = encodeReply(read, { rcode: 0, records: [{ type: 'A', data: '10.1.0.3' }] }, transport);
        expect(answer.length).toBeLessThanOrEqual(Math.max(MOST_UDP_BYTES, read.udpBytes));
        if (read.question) expect(answer.readUInt16BE(4)).toBe(1);
      }),
      { numRuns: RUNS },
    ));

  it('hostile messages by UDP and TCP, whole and in pieces, leave it as it was', async () => {
    const { port, server } = await serverOf(crowd('web', 50));
    const socket = createSocket('udp4');
    const before = process.memoryUsage().rss;
    try {
      const byUdp = async (message: Buffer): Promise<void> => {
        if (message.length === 0) return;
        await new Promise((resolve) => socket.send(message, port, ASKER, resolve));
      };
      /** @param pieces where the bytes are cut */
      const byTcp = async (bytes: Buffer, pieces: readonly number[]): Promise<void> => {
        const client = connect(port, ASKER);
        client.on('error', () => undefined).resume();
        const closed = new Promise((resolve) => client.once('close', resolve));
        let start = 0;
        for (const cut of [...pieces].sort((a, b) => a - b)) {
          client.write(bytes.subarray(start, cut));
          start = Math.max(start, cut);
        }
        client.end(bytes.subarray(start));
        await closed;
      };
      await fc.assert(
        fc.asyncProperty(
          fc.array(hostile, { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          fc.array(fc.nat(500), { maxLength: 3 }),
          async (messages, isFramed, pieces) => {
            for (const message of messages) await byUdp(message);
            const framed = messages.map((message) => (isFramed ? withLength(message) : message));
            await byTcp(Buffer.concat(framed), pieces);
          },
        ),
        { numRuns: RUNS },
      );
      // What is lost of the flood may be the question, too.
      const answer = await eventually(() => askByUdp(port, query('tasks.web'), ASKER, 500), { reason: 'it answers by UDP' });
      expect(decode(answer).answers).not.toHaveLength(0);
      expect(decode(await askByTcp(port, query('tasks.web'))).answers).toHaveLength(50);
      expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY_BYTES);
    } finally {
      socket.close();
      server.close();
    }
  }, 600_000);
});

import { EXIT } from '../exit-codes';
import { CommandBench } from '../testing/command-bench';

const bench = new CommandBench();
beforeEach(async () => {
  await bench.start();
  bench.manager.networks = [
    {
      Name: 'back',
      Id: 'back-id',
      Driver: 'overlay',
      Scope: 'swarm',
      IPAM: { Config: [{ Subnet: '10.0.16.0/20', Gateway: '10.0.16.1' }] },
      Internal: true,
      Labels: { team: 'shop' },
      Services: { web: { VIP: '10.0.16.2', Tasks: [{ Name: 'web.1.t1', EndpointIP: '10.0.16.3' }] } },
    },
    { Name: 'a-net', Id: 'a-id', Driver: 'overlay', Scope: 'swarm' },
  ];
});
afterEach(() => bench.stop());

describe('networks', () => {
  it('are listed by name, with their addresses', async () => {
    expect(await bench.type('network ls --filter driver=overlay')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(
      /^NETWORK ID +NAME +DRIVER +SCOPE +SUBNET *\na-id +a-net +[^\n]*\nback-id +back +overlay +swarm +10\.0\.16\.0\/20/,
    );
    expect(bench.manager.requests).toEqual(['GET /networks?filters={"driver":{"overlay":true}}']);
  });

  it.each([
    ['network ls -q', 'a-id\nback-id\n'],
    ['network rm back a-net', 'back\na-net\n'],
    ['network create next', 'new-network\n'],
  ])('%s says which', async (line, text) => {
    expect(await bench.type(line)).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe(text);
  });

  it('are shown with who is on them', async () => {
    expect(await bench.type('network inspect --pretty back')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/Is: +internal\nSubnet: +10\.0\.16\.0\/20/);
    expect(bench.session.stdout.text).toMatch(/Service web: +10\.0\.16\.2\n +web\.1\.t1: +10\.0\.16\.3/);
    expect(bench.manager.requests).toEqual(['GET /networks/back?verbose=1']);
  });

  it('are created as the flags say', async () => {
    const flags = '--subnet 10.40.0.0/16 --gateway 10.40.0.9 --ip-range 10.40.1.0/24 --aux-address printer=10.40.1.7';
    expect(await bench.type(`network create --internal --attachable --label a=b -o c=d ${flags} next`)).toBe(EXIT.ok);
    expect(bench.manager.sent).toMatchObject({
      Name: 'next',
      Driver: 'overlay',
      Internal: true,
      Attachable: true,
      Labels: { a: 'b' },
      Options: { c: 'd' },
      IPAM: {
        Config: [
          { Subnet: '10.40.0.0/16', Gateway: '10.40.0.9', IPRange: '10.40.1.0/24', AuxiliaryAddresses: { printer: '10.40.1.7' } },
        ],
      },
    });
  });

  it('are created with IPv6 beside IPv4, each with what belongs to it', async () => {
    const flags = '--ipv6 --subnet 10.40.0.0/16 --subnet fd00:4::/64 --gateway fd00:4::9 --gateway 10.40.0.9';
    expect(await bench.type(`network create ${flags} next`)).toBe(EXIT.ok);
    expect(bench.manager.sent).toMatchObject({
      EnableIPv6: true,
      IPAM: {
        Config: [
          { Subnet: '10.40.0.0/16', Gateway: '10.40.0.9' },
          { Subnet: 'fd00:4::/64', Gateway: 'fd00:4::9' },
        ],
      },
    });
  });

  it.each(['--gateway 10.40.0.9', '--subnet 10.40.0.0/16 --gateway 10.41.0.9', '--subnet 10.40.0.0/16 --ip-range 10.41.0.0/24'])(
    'are not created with %s, which belongs to no subnet',
    async (flags) => {
      expect(await bench.type(`network create ${flags} next`)).not.toBe(EXIT.ok);
      expect(bench.session.stderr.text).toMatch(/no matching subnet for (gateway|ip-range) 10\.4[01]\.0\.[09]/);
      expect(bench.manager.changes()).toEqual([]);
    },
  );

  it.each(['--subnet 10.40', '--gateway x', '--aux-address =10.0.0.1', '--aux-address a=b', '--ip-range 10.0.0.0/33'])(
    'are not created with %s',
    async (flags) => {
      expect(await bench.type(`network create ${flags} next`)).toBe(EXIT.usage);
      expect(bench.manager.changes()).toEqual([]);
    },
  );

  it('that are not there are said so', async () => {
    expect(await bench.type('network rm nope')).toBe(EXIT.notFound);
    expect(bench.session.stderr.text).toContain('network nope not found');
  });
});

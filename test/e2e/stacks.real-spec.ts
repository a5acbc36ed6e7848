import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { DOCKER_CLIS, SwarmUnderTest, type TaskJson } from './swarm-under-test';

const SERVE = (text: string): string => `mkdir -p /www && echo ${text} > /www/index.html && exec httpd -f -p 80 -h /www`;
/** Serves what the next service says. */
const PASS_ON = (next: string): string =>
  String.raw`mkdir -p /www/cgi-bin && printf '#!/bin/sh\necho\nwget -q -O - http://${next}\n' > /www/cgi-bin/next && chmod +x /www/cgi-bin/next && exec httpd -f -p 80 -h /www`;

const COMPOSE = `
version: "3.8"
services:
  web:
    image: busybox:latest
    command: ["sh", "-c", ${JSON.stringify(PASS_ON('api/cgi-bin/next'))}]
    ports: ["8088:80"]
    stop_grace_period: 1s
    deploy: { replicas: 3 }
  api:
    image: busybox:latest
    command: ["sh", "-c", ${JSON.stringify(PASS_ON('store/'))}]
    stop_grace_period: 1s
    networks: [default, backend]
    deploy: { replicas: 2 }
  store:
    image: busybox:latest
    command: ["sh", "-c", ${JSON.stringify(SERVE('from the store'))}]
    stop_grace_period: 1s
    networks: [backend]
networks:
  backend: {}
`;

describe('a stack of three services over three hosts', () => {
  let swarm: SwarmUnderTest;
  const folder = mkdtempSync(join(tmpdir(), 'swarmctl-stack-'));
  const file = join(folder, 'compose.yaml');
  beforeAll(async () => {
    writeFileSync(file, COMPOSE);
    swarm = await SwarmUnderTest.up('stacks', ['n1', 'n2', 'n3'], { clients: ['c1'] });
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await swarm?.down();
  });

  it.each(DOCKER_CLIS)(
    'is deployed by %s and works by names, from the published port to the last service',
    async (cli) => {
      await swarm.docker(cli, 'stack', 'deploy', '--resolve-image', 'never', '-c', file, 'shop');
      for (const [name, count] of [['shop_web', 3] as const, ['shop_api', 2] as const, ['shop_store', 1] as const])
        await swarm.untilRunning(name, count, 60_000);
      const client = swarm.lab.host('c1');
      for (const host of ['n1', 'n2', 'n3'])
        await eventually(
          async () =>
            expect(await client.httpGet(`http://${swarm.lab.host(host).address}:8088/cgi-bin/next`)).toContain('from the store'),
          { reason: `${host} answers with what the store says`, timeoutMs: 20_000 },
        );
      // web is on the default network alone: the store is not to be found there.
      const [web] = await swarm.running('shop_web');
      const found = await swarm.inTask(web as TaskJson, 'sh', '-c', 'nslookup -type=a store || echo nobody');
      expect(found).toContain('nobody');
      expect((await swarm.docker(cli, 'stack', 'ls')).stdout).toMatch(/shop\s+3/);
      expect((await swarm.docker(cli, 'stack', 'services', 'shop')).stdout).toContain('shop_api');
      expect((await swarm.docker(cli, 'network', 'ls')).stdout).toContain('shop_backend');
      await swarm.docker(cli, 'stack', 'rm', 'shop');
      await swarm.untilNoContainers();
      expect((await swarm.docker(cli, 'network', 'ls')).stdout).not.toContain('shop_');
      await swarm.untilNoOverlays();
    },
    150_000,
  );
});

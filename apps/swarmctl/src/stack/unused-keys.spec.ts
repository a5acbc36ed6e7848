import { readFileSync } from 'node:fs';
import { SCHEMA_FILE } from '../compose/schema/validate';
import { readFiles } from '../compose/testing/read-files';
import { SERVICE_KEYS, unusedKeys } from './unused-keys';

const warningsOf = async (keys: string): Promise<string[]> => {
  const lines = keys.split('\n').map((line) => `    ${line}`);
  const { model, place } = await readFiles({
    files: { 'compose.yaml': `services:\n  web:\n    image: a\n${lines.join('\n')}\nnetworks: {front: }` },
  });
  return unusedKeys(model, place);
};

it.each([
  ['privileged: true', 'compose.yaml:4: services.web.privileged means nothing here: tasks cannot be privileged'],
  ['container_name: name', 'services.web.container_name means nothing here: there may be several tasks'],
  ['build: .', 'services.web.build means nothing here: images are not built here'],
  ['shm_size: 1g', 'compose.yaml:4: services.web.shm_size means nothing here'],
  ['ports: ["127.0.0.1:80:80"]', 'services.web.ports[0].host_ip means nothing here: every node publishes'],
  [
    'networks: {front: {ipv4_address: 10.0.0.5}}',
    'services.web.networks.front.ipv4_address means nothing here: addresses are given by the manager',
  ],
  [
    'deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}',
    'services.web.deploy.resources.reservations.devices means nothing here',
  ],
  ['volumes: ["/a:/b:z"]', 'services.web.volumes[0].bind.selinux means nothing here'],
  ['network_mode: none', 'services.web.network_mode means nothing here'],
])('%s is told of', async (keys, message) => {
  const warnings = await warningsOf(keys);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(message);
});

it.each(['privileged: false', 'network_mode: host', 'x-mine: true', 'depends_on: []', 'volumes: ["./a:/b"]', 'ports: [80]'])(
  '%s is not',
  async (keys) => expect(await warningsOf(keys)).toEqual([]),
);

it('knows no key that the specification does not have', () => {
  const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as { definitions: { service: { properties: object } } };
  const known = Object.keys(schema.definitions.service.properties);
  expect(Object.keys(SERVICE_KEYS).filter((key) => !known.includes(key))).toEqual([]);
});

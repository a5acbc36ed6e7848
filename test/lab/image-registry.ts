import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilReady } from './engine';
import type { LabHost } from './lab-host';
import { REGISTRY_PORT } from './lab-plan';
import type { LabProcess } from './process-table';

const START_TIMEOUT_MS = 30_000;
const PART = 'registry';
const PRIVATE_PART = 'private-registry';
const PRIVATE_PORT = REGISTRY_PORT + 1;

/** Who may use the private registry. */
export const REGISTRY_USER = { username: 'lab', password: 'open-sesame' };
/** The same for docker-registry, which takes bcrypt only. */
const HTPASSWD = 'lab:$2b$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO\n';

/** `address:port` to name images by: `10.77.1.10:5000/web:1`. */
export function registryAddress(host: LabHost): string {
  return `${host.address}:${REGISTRY_PORT}`;
}

/** The same for the registry that asks for a user. */
export function privateRegistryAddress(host: LabHost): string {
  return `${host.address}:${PRIVATE_PORT}`;
}

/** Starts a real image registry on a host and waits until it answers. Its images live in the host's data folder. */
export async function startRegistry(host: LabHost, signal?: AbortSignal): Promise<void> {
  const address = registryAddress(host);
  const registry = await serve(host, PART, { addr: address });
  const isUp = async () => (await host.httpGet(`http://${address}/v2/`)) === '{}';
  await untilReady(registry, isUp, { timeoutMs: START_TIMEOUT_MS, signal });
}

/** Starts another one beside it that has the same images, and gives them to REGISTRY_USER only. */
export async function startPrivateRegistry(host: LabHost): Promise<void> {
  const htpasswd = join(host.dataDir, 'htpasswd');
  await writeFile(htpasswd, HTPASSWD);
  const address = privateRegistryAddress(host);
  const registry = await serve(host, PRIVATE_PART, { addr: address }, { htpasswd: { realm: 'lab', path: htpasswd } });
  const { username, password } = REGISTRY_USER;
  const isUp = async () => (await host.httpGet(`http://${username}:${password}@${address}/v2/`)) === '{}';
  await untilReady(registry, isUp, { timeoutMs: START_TIMEOUT_MS });
}

async function serve(host: LabHost, part: string, http: object, auth?: object): Promise<LabProcess> {
  const config = join(host.dataDir, `${part}.json`);
  const storage = { filesystem: { rootdirectory: join(host.dataDir, 'images') }, delete: { enabled: true } };
  await mkdir(host.dataDir, { recursive: true });
  // JSON is YAML too, which is what it reads.
  await writeFile(config, JSON.stringify({ version: '0.1', log: { level: 'warn' }, storage, http, auth }));
  return host.spawn({ part, command: 'docker-registry', args: ['serve', config] });
}

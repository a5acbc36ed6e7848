import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilReady } from './engine';
import type { LabHost } from './lab-host';
import { REGISTRY_PORT } from './lab-plan';

const START_TIMEOUT_MS = 30_000;
const PART = 'registry';

/** `address:port` to name images by: `10.77.1.10:5000/web:1`. */
export function registryAddress(host: LabHost): string {
  return `${host.address}:${REGISTRY_PORT}`;
}

/** Starts a real image registry on a host and waits until it answers. Its images live in the host's data folder. */
export async function startRegistry(host: LabHost, signal?: AbortSignal): Promise<void> {
  const config = join(host.dataDir, 'registry.json');
  await mkdir(host.dataDir, { recursive: true });
  await writeFile(config, registryConfig(host)); // JSON is YAML too, which is what it reads
  const registry = host.spawn({ part: PART, command: 'docker-registry', args: ['serve', config] });
  const isUp = async () => (await host.httpGet(`http://${registryAddress(host)}/v2/`)) === '{}';
  await untilReady(registry, isUp, { timeoutMs: START_TIMEOUT_MS, signal });
}

function registryConfig(host: LabHost): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(host.dataDir, 'images') }, delete: { enabled: true } },
    http: { addr: registryAddress(host) },
  });
}

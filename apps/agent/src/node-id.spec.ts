import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNodeId } from './node-id';

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'swarmctl-agent-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

it('is made once and kept', async () => {
  const nodeId = await loadNodeId(join(dataDir, 'new'));
  expect(nodeId).toMatch(/^[0-9a-z]{25}$/);
  await expect(loadNodeId(join(dataDir, 'new'))).resolves.toBe(nodeId);
});

it('is not replaced when the file holds something else: that would be another node', async () => {
  writeFileSync(join(dataDir, 'node-id'), 'garbage');
  await expect(loadNodeId(dataDir)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
});

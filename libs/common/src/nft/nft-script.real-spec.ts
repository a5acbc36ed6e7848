import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { replacement, type Ruleset } from './nft-script';

const TABLE = 'inet probe';
const PORTS = [80, 81, 82, 83];

/** Ports that lead to so many places each, as published ports do. */
function ruleset(backends: readonly number[], hasExtra: boolean): Ruleset {
  const served = PORTS.flatMap((port, index) => ((backends[index] ?? 0) > 0 ? [{ port, count: backends[index] ?? 0 }] : []));
  const elements = served.map(({ port }) => `tcp . ${port} : goto port_${port}`);
  return {
    lookups: [
      { name: 'ports', type: 'inet_proto . inet_service : verdict', elements },
      ...(hasExtra ? [{ name: 'extra', type: 'ipv4_addr', elements: served.map(({ port }) => `10.0.0.${port}`) }] : []),
    ],
    chains: [
      ...served.map(({ port, count }) => {
        const places = Array.from({ length: count }, (_, place) => `${place} : 10.0.${place}.2`).join(', ');
        return { name: `port_${port}`, rules: [`dnat ip to numgen random mod ${count} map { ${places} }`] };
      }),
      { name: 'to_ports', hook: 'type nat hook prerouting priority -100', rules: ['meta l4proto . th dport vmap @ports'] },
      ...(hasExtra ? [{ name: 'more', hook: 'type filter hook input priority 0', rules: ['ip saddr @extra drop'] }] : []),
    ],
  };
}

describe('a ruleset that takes the place of another one, in the kernel', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nft-script-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What is there after these scripts, one after the other, in a network of their own. */
  function after(scripts: readonly string[]): string {
    const files = scripts.map((script, index) => {
      const file = join(folder, `${index}.nft`);
      writeFileSync(file, script);
      return file;
    });
    const commands = [...files.map((file) => `nft -f ${file}`), `nft list table ${TABLE}`];
    return execFileSync('unshare', ['--net', 'sh', '-ec', commands.join('\n')], { encoding: 'utf8' });
  }

  /** Chains and sets in any order, and elements in any: neither means anything. */
  const sorted = (listing: string): string[] =>
    listing
      .replace(/^table .*\n/, '')
      .replace(/\}\n$/, '')
      .split(/\n\n/)
      .map((block) =>
        block
          .replace(/\s+/g, ' ')
          .replace(/elements = \{ ([^}]*) \}/, (_, elements: string) => elements.split(', ').sort().join())
          .trim(),
      )
      .sort();

  it('is there as if there had been nothing before it', () => {
    const any = fc.tuple(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(any, { minLength: 2, maxLength: 5 }), (steps) => {
        const rulesets = steps.map(([backends, hasExtra]) => ruleset(backends, hasExtra));
        const scripts = rulesets.map((each, index) => replacement(TABLE, each, rulesets[index - 1]));
        const [last] = rulesets.slice(-1);
        if (!last) return;
        expect(sorted(after(scripts))).toEqual(sorted(after([replacement(TABLE, last, undefined)])));
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('does not take away what connections are led by', () => {
    const one = ruleset([1, 2, 0, 0], true);
    const script = replacement(TABLE, ruleset([2, 2, 1, 0], true), one);
    expect(script).not.toContain('delete');
    expect(after([replacement(TABLE, one, undefined), script])).toContain('tcp . 82 : goto port_82');
  });
});

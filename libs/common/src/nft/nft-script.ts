/** Something that packets are looked up in: a set, or a map to what becomes of them. */
export interface Lookup {
  readonly name: string;
  /** nft's types, `ipv4_addr . inet_service : verdict` for a map. */
  readonly type: string;
  /** nft's flags, `interval` for a set of networks. */
  readonly flags?: string;
  readonly elements: readonly string[];
}

/** A place for rules; without a hook it is for other chains to go to. */
export interface Chain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** All that a table of ours is to hold. */
export interface Ruleset {
  readonly lookups: readonly Lookup[];
  readonly chains: readonly Chain[];
}

/** A script for `nft -f` that leaves nothing of a table, whether there is one or not. */
export function removal(table: string): string {
  return `table ${table}\ndelete table ${table}\n`;
}

/**
 * A script for `nft -f` that puts a ruleset in place of another one in a single transaction.
 *
 * A packet that is on its way through the rules meanwhile goes on with the old ones. It would find nothing any more in sets without a
 * name, which go with their rules, nor in chains that were made anew at their hook: a connection that begins at that moment would be
 * led nowhere. So chains and sets stay, and only what is in them changes; rules have no sets without a name.
 * @param before what is there; undefined when that is not known, and then all is replaced
 */
export function replacement(table: string, after: Ruleset, before: Ruleset | undefined): string {
  const body = [...after.lookups.flatMap(declared), ...after.chains.flatMap(written)];
  const gone = <T extends { readonly name: string }>(old: readonly T[], kept: readonly { readonly name: string }[]): T[] =>
    old.filter(
      ({ name }, index) => !kept.some((each) => each.name === name) && old.findIndex((each) => each.name === name) === index,
    );
  return [
    ...(before
      ? [`flush table ${table}`, ...before.lookups.map((lookup) => `flush ${kindOf(lookup)} ${table} ${lookup.name}`)]
      : [`table ${table}`, `delete table ${table}`]),
    `table ${table} {`,
    ...body.map((line) => `  ${line}`),
    '}',
    ...gone(before?.chains ?? [], after.chains).map(({ name }) => `delete chain ${table} ${name}`),
    ...gone(before?.lookups ?? [], after.lookups).map((lookup) => `delete ${kindOf(lookup)} ${table} ${lookup.name}`),
    '',
  ].join('\n');
}

function kindOf({ type }: Lookup): 'map' | 'set' {
  return type.includes(':') ? 'map' : 'set';
}

function declared(lookup: Lookup): string[] {
  const { name, type, flags } = lookup;
  const elements = withoutDuplicates(lookup.elements);
  const list = elements.length > 0 ? [`  elements = { ${elements.join(', ')} }`] : [];
  return [`${kindOf(lookup)} ${name} {`, `  type ${type}`, ...(flags === undefined ? [] : [`  flags ${flags}`]), ...list, '}'];
}

/** The kernel refuses a whole ruleset for one key that is there twice. The first counts. */
function withoutDuplicates(elements: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const element of elements) {
    const [key = ''] = element.split(' : ', 1);
    if (!byKey.has(key)) byKey.set(key, element);
  }
  return [...byKey.values()];
}

function written({ name, hook, rules }: Chain): string[] {
  return [`chain ${name} {`, ...(hook === undefined ? [] : [`  ${hook};`]), ...rules.map((rule) => `  ${rule}`), '}'];
}

import { badValue } from '../../flags/flag';
import type { ComposeVolumeMount } from '../model';

const PROPAGATIONS = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];
const CONSISTENCIES = ['default', 'consistent', 'cached', 'delegated'];

/** A name has no slash at its front; everything else is a path of the host. */
const isPath = (source: string): boolean => /^[./~]/.test(source);

function withOption(mount: ComposeVolumeMount, option: string): ComposeVolumeMount {
  if (option === 'ro') return { ...mount, read_only: true };
  if (option === 'rw' || option === '') return mount;
  if (option === 'nocopy') return { ...mount, volume: { ...mount.volume, nocopy: true } };
  if (option === 'z' || option === 'Z') return { ...mount, bind: { ...mount.bind, selinux: option } };
  if (PROPAGATIONS.includes(option)) return { ...mount, bind: { ...mount.bind, propagation: option } };
  if (CONSISTENCIES.includes(option)) return { ...mount, consistency: option };
  throw badValue(`'${option}' is no option of a volume: rw, ro, nocopy, ${PROPAGATIONS.join(', ')}`);
}

/**
 * Reads `[source:]target[:options]`. A source with a dot, a slash or a tilde at its front is a path of the host, another one
 * the name of a volume.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseShortVolume(given: string): ComposeVolumeMount {
  const parts = given.split(':');
  if (parts.length > 3) throw badValue(`'${given}' has too many parts: [source:]target[:options]`);
  const [first = '', second, options = ''] = parts;
  if (second === undefined) return { type: 'volume', target: first };
  if (first === '' || second === '') throw badValue(`'${given}' has an empty part: [source:]target[:options]`);
  const mount: ComposeVolumeMount = isPath(first)
    ? { type: 'bind', source: first, target: second, bind: { create_host_path: true } }
    : { type: 'volume', source: first, target: second };
  return options.split(',').reduce(withOption, mount);
}

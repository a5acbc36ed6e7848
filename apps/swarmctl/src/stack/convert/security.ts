import { Privileges } from '#common/proto';
import type { Place } from '../../compose/place';

const WORDS = 'no-new-privileges, seccomp=unconfined, apparmor=unconfined, label=disable or label=user|role|type|level:VALUE';

function withLabel(privileges: Privileges, value: string, place: Place): Privileges {
  const before = privileges.seLinuxContext ?? { disable: false, user: '', role: '', type: '', level: '' };
  if (value === 'disable') return { ...privileges, seLinuxContext: { ...before, disable: true } };
  const [, kind = '', text = ''] = /^(user|role|type|level):(.+)$/.exec(value) ?? [];
  if (kind === '') throw place.error(`is not known: ${value}; there are ${WORDS}`);
  return { ...privileges, seLinuxContext: { ...before, [kind]: text } };
}

function withOption(privileges: Privileges, option: string, place: Place): Privileges {
  const [name = '', value = ''] = option.split(/[=:](.*)/s);
  if (name === 'no-new-privileges') return { ...privileges, noNewPrivileges: value !== 'false' };
  if (name === 'seccomp' && value === 'unconfined')
    return { ...privileges, seccomp: { mode: 'unconfined', profile: Buffer.alloc(0) } };
  if (name === 'apparmor' && value === 'unconfined') return { ...privileges, appArmor: { mode: 'disabled' } };
  if (name === 'label') return withLabel(privileges, value, place);
  throw place.error(`cannot be had by tasks: ${option}; there are ${WORDS}`);
}

/** What `security_opt` means for tasks; undefined when it says nothing. @throws DomainError INVALID_ARGUMENT for what tasks cannot have */
export function securityPrivileges(options: readonly string[], place: Place): Privileges | undefined {
  if (options.length === 0) return undefined;
  return options.reduce(
    (privileges, option, index) => withOption(privileges, option, place.at(index)),
    Privileges.fromPartial({}),
  );
}

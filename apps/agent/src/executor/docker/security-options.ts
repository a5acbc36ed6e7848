import type { CredentialSpec, Privileges, SeLinuxContext } from '#common/proto';

/** The engine's `SecurityOpt` list for a service's privileges. */
export function toSecurityOptions(privileges: Privileges | undefined): string[] {
  if (!privileges) return [];
  const { seccomp, appArmor, noNewPrivileges } = privileges;
  const options = [...credentialOptions(privileges.credentialSpec), ...seLinuxOptions(privileges.seLinuxContext)];
  if (seccomp?.mode === 'unconfined') options.push('seccomp=unconfined');
  if (seccomp?.mode === 'custom') options.push(`seccomp=${Buffer.from(seccomp.profile).toString('utf8')}`);
  if (appArmor?.mode === 'disabled') options.push('apparmor=unconfined');
  if (noNewPrivileges) options.push('no-new-privileges=true');
  return options;
}

function credentialOptions(spec: CredentialSpec | undefined): string[] {
  if (spec?.file) return [`credentialspec=file://${spec.file}`];
  if (spec?.registry) return [`credentialspec=registry://${spec.registry}`];
  return [];
}

function seLinuxOptions(context: SeLinuxContext | undefined): string[] {
  if (!context) return [];
  if (context.disable) return ['label=disable'];
  const parts = { user: context.user, role: context.role, type: context.type, level: context.level };
  return Object.entries(parts).flatMap(([name, value]) => (value ? [`label=${name}:${value}`] : []));
}

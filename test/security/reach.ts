import type { LabHost } from '../lab/lab-host';
import { inContainer } from '../e2e/traffic';

/** Runs a shell script as whoever is to be tried, and gives what it printed. */
export type Shell = (script: string) => Promise<string>;

/** Where a part of the control plane takes connections. */
export interface Port {
  readonly name: string;
  readonly port: number;
}

/** A process in a running container of the host. */
export function containerShell(host: LabHost, id: string): Shell {
  return (script) => inContainer(host, id, 'sh', '-c', script);
}

/** A process of a user on the host itself. */
export function hostShell(host: LabHost, user: 'root' | 'nobody'): Shell {
  const as = user === 'root' ? [] : ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];
  return async (script) => {
    const [command = '', ...args] = [...as, 'busybox', 'sh', '-c', script.replaceAll(/\bnc\b/g, 'busybox nc')];
    return (await host.exec(command, args)).stdout;
  };
}

/** Whether a TCP connection to each port comes about at any of the addresses. All are tried at once. */
export async function reached(shell: Shell, addresses: readonly string[], ports: readonly Port[]): Promise<boolean[]> {
  const tries = ports.flatMap(({ port }) =>
    addresses.map((address) => `(nc -w 2 ${address} ${port} </dev/null >/dev/null 2>&1 && echo "reached ${port}")&`),
  );
  const said = await shell(`${tries.join(' ')} wait`);
  return ports.map(({ port }) => said.includes(`reached ${port}\n`));
}

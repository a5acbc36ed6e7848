import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Whether a manager at this address (host:port) runs on the agent's own host. @param ownAddress at which others reach the host */
export function isOnOwnHost(address: string, ownAddress: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  const isLoopback = host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
  if (isLoopback || host === ownAddress) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((each) => each.address === host));
}

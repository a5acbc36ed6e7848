import type { ManagerAddress } from './address';
import { ManagerClient } from './client';
import { ManagerApi } from './manager-api';

/** Works with the manager at an address, and closes the connections after that. Nothing is sent before the first request. */
export async function withManager<T>(address: ManagerAddress, work: (api: ManagerApi) => Promise<T>): Promise<T> {
  const client = new ManagerClient(address);
  try {
    return await work(new ManagerApi(client));
  } finally {
    client.close();
  }
}

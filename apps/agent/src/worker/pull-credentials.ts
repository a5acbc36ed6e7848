import type { RegistryAuth } from '#common/dispatcher-proto';

/** As X-Registry-Auth has it: what goes into a header may hold nothing else. */
const HEADER_VALUE = /^[A-Za-z0-9_=-]+$/;

/** What registries are told for the images of services. In memory only, and only while there is something to pull. */
export class PullCredentials {
  private readonly byService = new Map<string, string>();

  /** Takes what came with a set of assignments; no bytes say that there are none any more. */
  learn(auth: RegistryAuth | undefined): void {
    for (const [serviceId, bytes] of Object.entries(auth?.byService ?? {})) {
      const header = bytes.toString('latin1');
      if (HEADER_VALUE.test(header)) this.byService.set(serviceId, header);
      else this.byService.delete(serviceId);
    }
  }

  /** The X-Registry-Auth header for a pull; undefined for none. */
  of(serviceId: string): string | undefined {
    return this.byService.get(serviceId);
  }

  /** Forgets those of services that are not named. @param stillToPull asked only when there is anything to forget */
  keepOnly(stillToPull: () => ReadonlySet<string>): void {
    if (this.byService.size === 0) return;
    const kept = stillToPull();
    for (const serviceId of this.byService.keys()) if (!kept.has(serviceId)) this.byService.delete(serviceId);
  }
}

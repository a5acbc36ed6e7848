import { undescribedNode } from '../executor/docker/describe-node';
import { ObservedValue } from '../observed-value';
import type { SessionParty } from '../session/session-party';
import { StatusReporter } from '../worker/status-reporter';

/** An agent that a session tells nothing, but for what a test wants to hear. */
export function aParty(wanted: Partial<SessionParty> = {}): SessionParty {
  const ignore = (): void => undefined;
  return {
    nodeId: 'node',
    nodeKey: {
      publicKey: Buffer.from('public'),
      sign: (nonce, nodeId) => Buffer.from(`${Buffer.from(nonce).toString()} of ${nodeId}`),
    },
    leaveLock: () => undefined,
    advertiseAddress: '10.0.0.1',
    availability: () => 'drain',
    description: new ObservedValue(undescribedNode({ hostname: 'n1', labels: {}, genericResources: [] })),
    engineError: new ObservedValue(''),
    statuses: new StatusReporter(0),
    welcomed: ignore,
    parted: ignore,
    tunnelWanted: ignore,
    networksChanged: ignore,
    assigned: ignore,
    redirected: ignore,
    locked: ignore,
    removed: ignore,
    ...wanted,
  };
}

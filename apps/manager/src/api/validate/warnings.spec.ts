import { ServiceSpec } from '#common/proto';
import { warningsFor } from './warnings';

const warnings = (json: object) => warningsFor(ServiceSpec.fromJSON(json));
const container = (fields: object) => ({ TaskTemplate: { ContainerSpec: fields } });

describe('a client is warned of what Docker takes and never acts on', () => {
  it.each([
    [
      { Mode: { Global: {} }, TaskTemplate: { Placement: { MaxReplicas: 2 } } },
      'Placement.MaxReplicas has no effect: each node gets one task',
    ],
    [{ Mode: { GlobalJob: {} }, RollbackConfig: {} }, 'RollbackConfig has no effect: a job is not updated step by step'],
    [
      { RollbackConfig: { FailureAction: 'rollback' } },
      'RollbackConfig.FailureAction rollback works as pause: a rollback is not rolled back',
    ],
    [
      container({ CapabilityAdd: ['CAP_KILL', 'CAP_CHOWN'], CapabilityDrop: ['kill', 'SYS_TIME'] }),
      'capability CAP_KILL is both added and dropped: containers get it',
    ],
    [
      container({ Mounts: [{ Type: 'volume', Target: '/a', TmpfsOptions: { SizeBytes: 1 } }] }),
      'TmpfsOptions of mount /a have no effect: it is of type volume',
    ],
    [{ Labels: { 'swarmctl.rebalanse': 'true' } }, 'label swarmctl.rebalanse has no effect: there is no such option of swarmctl'],
  ])('%j', (json, text) => {
    expect(warnings(json)).toEqual([text]);
  });

  it('and of nothing where both parts can be', () => {
    const json = {
      ...container({
        CapabilityAdd: ['KILL'],
        CapabilityDrop: ['ALL'],
        Mounts: [{ Type: 'tmpfs', Target: '/a', TmpfsOptions: {} }],
      }),
      RollbackConfig: { FailureAction: 'pause' },
      EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] },
      Labels: { 'swarmctl.rebalance': 'true', 'swarmctl.drain-period': '9s', other: 'x' },
    };
    expect(warnings(json)).toEqual([]);
  });
});

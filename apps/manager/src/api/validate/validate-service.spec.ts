import fc from 'fast-check';
import { isCode } from '#common/errors';
import { ServiceSpec } from '#common/proto';
import { anyText } from '#common/testing';
import { decodeJson } from '#common/wire';
import docker28Services from '../testing/recorded/docker-cli-28-services.json';
import stockRefusals from '../testing/recorded/stock-refusals.json';
import stockServices from '../testing/recorded/stock-services.json';
import { HTTP_STATUS } from '../http/http-status';
import { validateChange, validateServiceSpec } from './validate-service';

/** Processor time, not time on the clock, for other tests run beside this one. */
const MAX_CPU_MICROSECONDS = 200_000;

/** What validation says of a spec: undefined, or the error. */
function verdict(sent: unknown): unknown {
  try {
    const spec = ServiceSpec.fromJSON(decodeJson('ServiceSpec', sent));
    validateServiceSpec({ ...spec, name: spec.name || 'named-by-us' });
    return undefined;
  } catch (error) {
    return error;
  }
}

const container = (fields: object) => ({ Name: 'a', TaskTemplate: { ContainerSpec: { Image: 'x', ...fields } } });
const task = (fields: object) => ({ Name: 'a', TaskTemplate: { ContainerSpec: { Image: 'x' }, ...fields } });
const service = (fields: object) => ({ Name: 'a', TaskTemplate: { ContainerSpec: { Image: 'x' } }, ...fields });

/** Texts of the Go program's own types differ from ours by nothing but the name in front of the path. */
const isWrongType = (message: string) => message.startsWith('json: cannot unmarshal');
/** Told by what else there is in the cluster. */
const needsOthers = (message: string) => /already exists|(?:secret|config) not found/.test(message);

describe('a spec that a stock Docker Swarm refuses', () => {
  const recorded = stockRefusals.filter(({ message }) => !isWrongType(message) && !needsOthers(message));

  it.each(recorded)('is refused in the same words ($message)', ({ sent, status, message }) => {
    const error = verdict(sent) as { code: keyof typeof HTTP_STATUS };
    expect(error).toMatchObject({ message });
    expect(HTTP_STATUS[error.code]).toBe(status);
  });
});

describe('a spec that Docker’s command line sends', () => {
  const specs = [...stockServices.map(({ sent }) => sent), ...docker28Services] as { Name?: string }[];
  // This one asks for secrets, configs and a cluster volume as well.
  const plain = specs.filter(({ Name }) => Name !== 'full').concat(stockServices.find(({ sent }) => sent.Name === 'full')!.sent);

  it.each(plain.map((sent) => ({ name: sent.Name, sent })))('is accepted ($name)', ({ sent }) => {
    expect(verdict(sent)).toBeUndefined();
  });
});

describe('what Swarm accepts and then cannot run is refused at once', () => {
  it.each([
    ['a target port 0', service({ EndpointSpec: { Ports: [{ TargetPort: 0 }] } }), 'target port 0 is not between 1 and 65535'],
    ['a target port beyond 65535', service({ EndpointSpec: { Ports: [{ TargetPort: 65536 }] } }), 'target port 65536'],
    [
      'a published port beyond 65535',
      service({ EndpointSpec: { Ports: [{ TargetPort: 1, PublishedPort: 65536 }] } }),
      'published port 65536',
    ],
    [
      'an unknown protocol',
      service({ EndpointSpec: { Ports: [{ TargetPort: 1, Protocol: 'icmp' }] } }),
      'invalid port protocol: "icmp"',
    ],
    [
      'an unknown publish mode',
      service({ EndpointSpec: { Ports: [{ TargetPort: 1, PublishMode: 'x' }] } }),
      'invalid port publish mode: "x"',
    ],
    ['a mount without target', container({ Mounts: [{ Type: 'volume' }] }), 'invalid mount target, must be an absolute path: '],
    ['a relative mount target', container({ Mounts: [{ Type: 'volume', Target: 'a' }] }), 'invalid mount target'],
    ['a relative bind source', container({ Mounts: [{ Type: 'bind', Source: 'a', Target: '/a' }] }), 'invalid bind mount source'],
    [
      'an absolute volume name',
      container({ Mounts: [{ Type: 'volume', Source: '/a', Target: '/a' }] }),
      'invalid volume mount source',
    ],
    ['a source of a tmpfs', container({ Mounts: [{ Type: 'tmpfs', Source: 'a', Target: '/a' }] }), 'invalid tmpfs source'],
    ['a negative tmpfs', container({ Mounts: [{ Type: 'tmpfs', Target: '/a', TmpfsOptions: { SizeBytes: -1 } }] }), 'tmpfs size'],
    [
      'a reservation above its limit',
      task({ Resources: { Limits: { NanoCPUs: 1e9 }, Reservations: { NanoCPUs: 2e9 } } }),
      'above the limit',
    ],
    [
      'a memory reservation above its limit',
      task({ Resources: { Limits: { MemoryBytes: 8 << 20 }, Reservations: { MemoryBytes: 16 << 20 } } }),
      'invalid memory reservation',
    ],
    [
      'a resource without a kind',
      task({ Resources: { Reservations: { GenericResources: [{}] } } }),
      'generic resource without a kind',
    ],
    [
      'a negative generic resource',
      task({ Resources: { Reservations: { GenericResources: [{ DiscreteResourceSpec: { Kind: 'gpu', Value: -1 } }] } } }),
      "generic resource 'gpu' cannot be negative",
    ],
    [
      'a generic resource by name',
      task({ Resources: { Reservations: { GenericResources: [{ NamedResourceSpec: { Kind: 'gpu', Value: 'g1' } }] } } }),
      "invalid argument for resource gpu: a service asks for a number of a kind and is given names, so that 'g1' cannot be asked for",
    ],
    ['a negative rollback delay', service({ RollbackConfig: { Delay: -1 } }), 'rollback-delay cannot be negative'],
    ['an impossible rollback ratio', service({ RollbackConfig: { MaxFailureRatio: 1.5 } }), 'rollback-maxfailureratio'],
    [
      'a constraint without operator',
      task({ Placement: { Constraints: ['node.role = manager'] } }),
      "operator from ==, !=, got 'node.role = manager'",
    ],
    ['a constraint without key', task({ Placement: { Constraints: ['==x'] } }), "key '' is invalid"],
    ['a constraint without value', task({ Placement: { Constraints: ['node.role=='] } }), "value '' is invalid"],
    [
      'a constraint on what is no key',
      task({ Placement: { Constraints: ['node.label.zone==a'] } }),
      "rpc error: code = InvalidArgument desc = constraint 'node.label.zone==a': 'node.label.zone' is not a key; " +
        "did you mean 'node.labels.zone'?",
    ],
    ['a preference for nothing', task({ Placement: { Preferences: [{}] } }), "placement preference '' is invalid"],
    ['a health test of no kind', container({ Healthcheck: { Test: ['curl'] } }), 'must start with one of NONE, CMD, CMD-SHELL'],
    ['a negative grace period', container({ StopGracePeriod: -1 }), 'stop-grace-period cannot be negative'],
    ['an environment entry without name', container({ Env: ['=x'] }), "invalid environment variable: '=x'"],
    ['a host without name', container({ Hosts: ['1.2.3.4'] }), "invalid entry '1.2.3.4' in Hosts"],
    ['a host without address', container({ Hosts: ['a b'] }), "invalid entry 'a b' in Hosts"],
    [
      'a nameserver that is no address',
      container({ DNSConfig: { Nameservers: ['8.8.8'] } }),
      "nameserver '8.8.8' is not an IP address",
    ],
    ['a nameserver beyond a byte', container({ DNSConfig: { Nameservers: ['8.8.8.256'] } }), 'is not an IP address'],
    ['a malformed IPv6 nameserver', container({ DNSConfig: { Nameservers: [':::'] } }), 'is not an IP address'],
    [
      'more replicas than any cluster runs',
      service({ Mode: { Replicated: { Replicas: Number.MAX_SAFE_INTEGER } } }),
      'is more than a service may have',
    ],
    [
      'a network of the engine beside others',
      task({ Networks: [{ Target: 'host' }, { Target: 'none' }] }),
      'network host beside others',
    ],
    ['credentials in a config', container({ Privileges: { CredentialSpec: { Config: 'c' } } }), 'config not found: c'],
  ])('%s', (_name, sent, message) => {
    expect(verdict(sent)).toMatchObject({ message: expect.stringContaining(message) });
  });
});

describe('what is accepted', () => {
  it.each([
    [
      'addresses of both families',
      container({ DNSConfig: { Nameservers: ['8.8.8.8', '2001:db8::1', '::1'] }, Hosts: ['::1 a b', 'host-gateway c'] }),
    ],
    [
      'a mount whose source is a template',
      container({ Mounts: [{ Type: 'bind', Source: '{{.Node.Hostname}}/a', Target: '/a' }] }),
    ],
    [
      'a port published on hosts under dnsrr',
      service({ EndpointSpec: { Mode: 'dnsrr', Ports: [{ TargetPort: 1, PublishMode: 'host' }] } }),
    ],
    [
      'one target port published twice',
      service({
        EndpointSpec: {
          Ports: [
            { TargetPort: 80, PublishedPort: 1 },
            { TargetPort: 80, PublishedPort: 2 },
          ],
        },
      }),
    ],
    ['a protocol in capitals', service({ EndpointSpec: { Ports: [{ TargetPort: 1, Protocol: 'TCP' }] } })],
    ['the host network', task({ Networks: [{ Target: 'host' }] })],
    ['the bridge network', task({ Networks: [{ Target: 'bridge' }] })],
    ['no network at all', task({ Networks: [{ Target: 'none' }] })],
    [
      'a spread over labels of nodes and engines',
      task({
        Placement: {
          Preferences: [
            { Spread: { SpreadDescriptor: 'node.labels.zone' } },
            { Spread: { SpreadDescriptor: 'engine.labels.rack' } },
          ],
        },
      }),
    ],
    [
      'constraints of every form',
      task({
        Placement: {
          Constraints: [
            'node.ip==10.0.0.0/8',
            'node.labels.zone in (a, b)',
            'node.labels.ssd exists',
            'node.labels.cores >= 8',
            'service!=db topology=node.labels.zone',
          ],
        },
      }),
    ],
    ['a memory limit with the reservation alone missing', task({ Resources: { Limits: { MemoryBytes: 4 << 20 } } })],
  ])('%s', (_name, sent) => {
    expect(verdict(sent)).toBeUndefined();
  });
});

describe('an update', () => {
  const before = ServiceSpec.fromJSON({ Name: 'a', Mode: { Replicated: { Replicas: 1 } } });

  it.each([
    ['name', { ...before, name: 'b' }, 'rpc error: code = Unimplemented desc = renaming services is not supported'],
    [
      'mode',
      ServiceSpec.fromJSON({ Name: 'a', Mode: { Global: {} } }),
      'rpc error: code = Unimplemented desc = service mode change is not allowed',
    ],
  ])('cannot change the %s', (_what, after, message) => {
    expect(() => validateChange(before, after)).toThrow(expect.objectContaining({ code: 'UNIMPLEMENTED', message }));
  });
});

it('validation answers any text in any place with a verdict, in no time', () => {
  const nasty = fc.oneof(
    fc.string(),
    anyText,
    fc.constantFrom('a'.repeat(50_000) + '!', '-'.repeat(50_000), 'a=='.repeat(20_000), '[:'.repeat(20_000)),
  );
  fc.assert(
    fc.property(nasty, (text) => {
      const started = process.cpuUsage();
      const verdicts = [
        service({ Name: text }),
        container({ Image: text }),
        container({ Env: [text], Hosts: [text], DNSConfig: { Nameservers: [text] } }),
        container({ Mounts: [{ Target: text, Source: text }] }),
        task({ Placement: { Constraints: [text], Preferences: [{ Spread: { SpreadDescriptor: text } }] } }),
      ].map(verdict);
      for (const error of verdicts) if (error) expect(isCode(error, 'INVALID_ARGUMENT')).toBe(true);
      expect(process.cpuUsage(started).user).toBeLessThan(MAX_CPU_MICROSECONDS);
    }),
  );
});

import { SERVICE_OPTIONS } from '#common/domain';
import { ServiceSpec } from '#common/proto';
import { validateServiceSpec } from './validate-service';

const { progressDeadline, rebalance, drainPeriod, preferLocal } = SERVICE_OPTIONS;
const bind = 'swarmctl.publish.80/tcp.bind';

const proxy = (target: string): string => `swarmctl.publish.${target}.proxy-protocol`;

const validate = (Labels: object): void =>
  validateServiceSpec(
    ServiceSpec.fromJSON({
      Name: 'web',
      Labels,
      TaskTemplate: { ContainerSpec: { Image: 'x' } },
      EndpointSpec: {
        Ports: [
          { TargetPort: 80, Protocol: 'tcp' },
          { TargetPort: 53, Protocol: 'udp' },
          { TargetPort: 81, PublishedPort: 81, PublishMode: 'host' },
        ],
      },
    }),
  );

it.each([
  {},
  { [progressDeadline]: '90s', [rebalance]: 'true' },
  { [rebalance]: 'false' },
  { other: 'x' },
  { [drainPeriod]: '0s', [preferLocal]: 'true', [bind]: '10.0.0.1, eth0', [proxy('80/tcp')]: '2' },
])('takes %j', (labels) => {
  expect(() => validate(labels)).not.toThrow();
});

it.each([
  { labels: { [progressDeadline]: 'soon' }, says: "label swarmctl.progress-deadline: 'soon' is not a duration" },
  { labels: { [progressDeadline]: '5' }, says: "label swarmctl.progress-deadline: '5' is not a duration" },
  { labels: { [progressDeadline]: '' }, says: 'label swarmctl.progress-deadline: a duration cannot be empty' },
  { labels: { [progressDeadline]: '-1s' }, says: 'label swarmctl.progress-deadline: a duration cannot be negative' },
  { labels: { [progressDeadline]: '0s' }, says: 'label swarmctl.progress-deadline: the deadline has to be longer than 0' },
  { labels: { [drainPeriod]: 'a while' }, says: "label swarmctl.drain-period: 'a while' is not a duration" },
  { labels: { [preferLocal]: '1' }, says: "label swarmctl.prefer-local: '1' is neither true nor false" },
  {
    labels: { [bind]: '10.0.0.999' },
    says: "label swarmctl.publish.80/tcp.bind: '10.0.0.999' is neither an IPv4 address nor an interface",
  },
  { labels: { [bind]: 'eth0; drop' }, says: "'eth0; drop' is neither" },
  { labels: { [proxy('80/tcp')]: 'v2' }, says: "label swarmctl.publish.80/tcp.proxy-protocol: 'v2' is neither 1 nor 2" },
  { labels: { [proxy('53/udp')]: '1' }, says: 'only TCP ports that are published in ingress mode can have it' },
  { labels: { [proxy('81/tcp')]: '1' }, says: 'only TCP ports that are published in ingress mode can have it' },
  { labels: { [rebalance]: 'yes' }, says: "label swarmctl.rebalance: 'yes' is neither true nor false" },
])('refuses $labels, which the orchestrator could not read', ({ labels, says }) => {
  expect(() => validate(labels)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(says) }),
  );
});

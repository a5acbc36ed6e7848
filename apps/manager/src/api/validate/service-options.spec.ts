import { SERVICE_OPTIONS } from '#common/domain';
import { ServiceSpec } from '#common/proto';
import { validateServiceSpec } from './service-spec';

const { progressDeadline, rebalance } = SERVICE_OPTIONS;

const validate = (Labels: object): void =>
  validateServiceSpec(ServiceSpec.fromJSON({ Name: 'web', Labels, TaskTemplate: { ContainerSpec: { Image: 'x' } } }));

it.each([{}, { [progressDeadline]: '90s', [rebalance]: 'true' }, { [rebalance]: 'false' }, { other: 'x' }])(
  'takes %j',
  (labels) => {
    expect(() => validate(labels)).not.toThrow();
  },
);

it.each([
  { labels: { [progressDeadline]: 'soon' }, says: "label swarmctl.progress-deadline: 'soon' is not a duration" },
  { labels: { [progressDeadline]: '5' }, says: "label swarmctl.progress-deadline: '5' is not a duration" },
  { labels: { [progressDeadline]: '' }, says: 'label swarmctl.progress-deadline: a duration cannot be empty' },
  { labels: { [progressDeadline]: '-1s' }, says: 'label swarmctl.progress-deadline: a duration cannot be negative' },
  { labels: { [progressDeadline]: '0s' }, says: 'label swarmctl.progress-deadline: the deadline has to be longer than 0' },
  { labels: { [rebalance]: 'yes' }, says: "label swarmctl.rebalance: 'yes' is neither true nor false" },
])('refuses $labels, which the orchestrator could not read', ({ labels, says }) => {
  expect(() => validate(labels)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(says) }),
  );
});

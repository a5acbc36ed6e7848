import { NodeRole, readConstraint, type NodeConstraint } from '#common/domain';
import { aNode } from '../testing/builders';
import { constraintTest } from './constraint-expression';

const labels = { disk: 'SSD', cores: '16', empty: '', ratio: '0.5', 'with.dots': 'x' };
const plain = aNode('n1', { labels, addr: '10.1.2.3' });
const node = {
  ...plain,
  description: { ...plain.description!, hostname: 'Alpha', engine: { engineVersion: '', plugins: [], labels: { rack: 'r1' } } },
};

describe('on a node', () => {
  it.each([
    ['node.id==n1', true],
    ['node.id!=n1', false],
    ['node.hostname==alpha', true],
    ['NODE.HOSTNAME==alpha', true],
    ['node.hostname==alph', false],
    ['node.role==worker', true],
    [`node.role==${NodeRole.manager}`, false],
    ['node.platform.os==linux', true],
    ['node.platform.arch==x86_64', true],
    ['node.ip==10.1.2.3', true],
    ['node.ip==10.0.0.0/8', true],
    ['node.ip!=10.0.0.0/8', false],
    ['node.ip!=192.168.0.0/16', true],
    ['node.ip in (192.168.0.0/16, 10.1.2.3)', true],
    ['engine.labels.rack==R1', true],
    ['engine.labels.rack!=r1', false],
    ['node.labels.disk==ssd', true],
    ['node.labels.Disk==ssd', false],
    ['node.labels.with.dots==x', true],
    ['node.labels.none==ssd', false],
    ['node.labels.none!=ssd', true],
    ['node.labels.constructor!=x', true],
    ['node.labels.constructor exists', false],
    ['node.labels.disk in (hdd, ssd)', true],
    ['node.labels.none in (hdd, ssd)', false],
    ['node.labels.disk exists', true],
    ['node.labels.empty exists', true],
    ['node.labels.none exists', false],
    ['node.hostname exists', true],
    ['node.labels.cores > 8', true],
    ['node.labels.cores > 16', false],
    ['node.labels.cores >= 16', true],
    ['node.labels.cores < 16', false],
    ['node.labels.cores <= 16', true],
    ['node.labels.cores < 100', true],
    ['node.labels.ratio < 1', true],
    ['node.labels.disk < 1', false],
    ['node.labels.disk >= 1', false],
    ['node.labels.none < 1', false],
    ['node.labels.empty < 1', false],
    ['node.nonsense==x', false],
    ['node.nonsense!=x', false],
  ])('%s: %s', (text, holds) => {
    expect(constraintTest(readConstraint(text) as NodeConstraint)(node)).toBe(holds);
  });
});

import { Node } from '#common/proto';
import stockNodes from '../testing/recorded/stock-nodes.json';
import { renderNode } from './render-node';

const NOBODY = { certificate: '', subject: '', publicKey: '' };

describe('rendering a node', () => {
  it.each(stockNodes)('is field by field as from a stock Docker Swarm, certificates apart ($ID)', (node) => {
    expect(JSON.parse(renderNode(Node.fromJSON(node), NOBODY))).toEqual({
      ...node,
      Description: { ...node.Description, TLSInfo: {} },
    });
  });

  it('shows a node that has never reported', () => {
    expect(JSON.parse(renderNode(Node.fromPartial({ id: 'node' }), NOBODY))).toMatchObject({
      Spec: { Labels: {}, Role: 'worker', Availability: 'active' },
      Description: { Platform: {}, Resources: {}, Engine: {} },
      Status: { State: 'unknown' },
    });
  });
});

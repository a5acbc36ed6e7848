import { NodeAvailability, NodeRole } from '#common/domain';
import { EXIT, type ExitCode } from '../../exit-codes';
import type { NodeSpec } from '#common/proto';
import { writeLine } from '../../session';
import type { Tools } from '../command';
import { forEach } from '../for-each';
import { retryOnConflict } from '../retry-on-conflict';

/** What a node is that has no spec yet. */
export const NEW_NODE: NodeSpec = { name: '', labels: {}, role: NodeRole.worker, availability: NodeAvailability.active };

/** What is said of a node that has the role already, and of one that has got it. */
export interface RoleTexts {
  already(id: string): string;
  changed(reference: string): string;
}

/** Gives nodes a role, each by itself, and says so in Docker's words. */
export function changeRole(
  { session, api }: Tools,
  references: readonly string[],
  role: NodeRole,
  texts: RoleTexts,
): Promise<ExitCode> {
  return forEach(session, references, async (reference) => {
    const text = await retryOnConflict(async () => {
      const { object } = await api.node(reference);
      const spec = object.spec ?? NEW_NODE;
      if (spec.role === role) return texts.already(object.id);
      await api.updateNode(object.id, object.version?.index ?? 0, { ...spec, role });
      return texts.changed(reference);
    });
    writeLine(session.stdout, text);
    return EXIT.ok;
  });
}

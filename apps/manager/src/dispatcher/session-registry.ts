import type { AgentSession } from './agent-session';

/** The streams that this manager holds, at most one per node: a new one replaces the old. */
export class SessionRegistry {
  private readonly sessions = new Map<string, AgentSession>();

  get size(): number {
    return this.sessions.size;
  }

  of(nodeId: string): AgentSession | undefined {
    return this.sessions.get(nodeId);
  }

  all(): AgentSession[] {
    return [...this.sessions.values()];
  }

  add(session: AgentSession): void {
    this.sessions.get(session.nodeId)?.end('replaced by a newer session of the same node');
    this.sessions.set(session.nodeId, session);
  }

  /** @returns false when the node already has another session. */
  remove(session: AgentSession): boolean {
    if (this.sessions.get(session.nodeId) !== session) return false;
    return this.sessions.delete(session.nodeId);
  }
}

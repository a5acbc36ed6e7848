/** Objects grouped by something they have in common, each group in order of insertion. */
export class IdIndex<T extends { id: string }> {
  private readonly groups = new Map<string, Map<string, T>>();

  add(group: string, item: T): void {
    const members = this.groups.get(group);
    if (members) members.set(item.id, item);
    else this.groups.set(group, new Map([[item.id, item]]));
  }

  remove(group: string, id: string): void {
    const members = this.groups.get(group);
    members?.delete(id);
    if (members?.size === 0) this.groups.delete(group);
  }

  of(group: string): T[] {
    const members = this.groups.get(group);
    return members ? [...members.values()] : [];
  }
}

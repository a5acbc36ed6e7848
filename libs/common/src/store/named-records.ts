/** Objects by id and by name, as the watch tells. */
export class NamedRecords<T extends { id: string; spec?: { name: string } | undefined }> {
  private readonly byId = new Map<string, T>();
  private readonly byNames = new Map<string, T>();

  get = (id: string): T | undefined => this.byId.get(id);
  byName = (name: string): T | undefined => this.byNames.get(name);
  all = (): T[] => [...this.byId.values()];

  /** @param record undefined once it is gone */
  set(id: string, record: T | undefined): void {
    const before = this.byId.get(id);
    const name = before?.spec?.name ?? '';
    if (before && this.byNames.get(name) === before) this.byNames.delete(name);
    if (record) {
      this.byId.set(id, record);
      this.byNames.set(record.spec?.name ?? '', record);
    } else this.byId.delete(id);
  }
}

import { Config, Secret } from '../proto';
import { keys } from './keys';
import type { Guard, Write } from './object-store';

/** Secrets and configs are stored alike: each under its id, with its name claimed beside it. */
interface PayloadKeys {
  readonly record: (id: string) => string;
  readonly name: (name: string) => string;
}

type Payload = Secret | Config;

const SECRETS: PayloadKeys = { record: keys.secret, name: keys.secretName };
const CONFIGS: PayloadKeys = { record: keys.config, name: keys.configName };

/** How one of both kinds is written. */
export class PayloadWrites<T extends Payload> {
  constructor(
    private readonly at: PayloadKeys,
    private readonly encode: (payload: T) => Uint8Array,
  ) {}

  /** Under which key the object is. */
  place(id: string): string {
    return this.at.record(id);
  }

  /** A new object. The guard fails when the name is taken. */
  creation(payload: T): { guards: Guard[]; writes: Write[] } {
    const name = this.at.name(payload.spec?.name ?? '');
    return {
      guards: [{ key: name, createRevision: 0 }],
      writes: [this.put(payload), { kind: 'put', key: name, value: Buffer.from(payload.id) }],
    };
  }

  /** A changed object with its name as before. The guard fails when it was changed since it was read. */
  change(before: T, after: T): { guards: Guard[]; writes: Write[] } {
    return { guards: [this.unchanged(before)], writes: [this.put(after)] };
  }

  removal(payload: T): { guards: Guard[]; writes: Write[] } {
    return {
      guards: [this.unchanged(payload)],
      writes: [
        { kind: 'delete', key: this.at.record(payload.id) },
        { kind: 'delete', key: this.at.name(payload.spec?.name ?? '') },
      ],
    };
  }

  /** The object gets another name, and its old one goes to a new object that takes its place. */
  succession(before: T, renamed: T, successor: T): { guards: Guard[]; writes: Write[] } {
    const [oldName, newName] = [this.at.name(successor.spec?.name ?? ''), this.at.name(renamed.spec?.name ?? '')];
    return {
      guards: [this.unchanged(before), { key: newName, createRevision: 0 }],
      writes: [
        this.put(renamed),
        this.put(successor),
        { kind: 'put', key: newName, value: Buffer.from(renamed.id) },
        { kind: 'put', key: oldName, value: Buffer.from(successor.id) },
      ],
    };
  }

  private put(payload: T): Write {
    return { kind: 'put', key: this.at.record(payload.id), value: this.encode({ ...payload, version: undefined }) };
  }

  private unchanged(payload: T): Guard {
    return { key: this.at.record(payload.id), modRevision: payload.version?.index ?? 0 };
  }
}

export const secretWrites = new PayloadWrites<Secret>(SECRETS, (secret) => Secret.encode(secret).finish());
export const configWrites = new PayloadWrites<Config>(CONFIGS, (config) => Config.encode(config).finish());

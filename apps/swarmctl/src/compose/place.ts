import { DomainError, isCode } from '#common/errors';

/** The way to a value: `['services', 'web', 'ports', 0]`. */
export type ValuePath = readonly (string | number)[];

/** Finds where a value is written, as `compose.yaml:12`. */
export type Locate = (path: ValuePath) => string;

/** The way as people write it: `services.web.ports[0]`. */
export function renderPath(path: ValuePath): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}

/** Where a value stands: to name it in errors and warnings. */
export class Place {
  constructor(
    private readonly locate: Locate,
    readonly path: ValuePath = [],
  ) {}

  /** The place of a value inside this one. */
  at(...keys: ValuePath): Place {
    return new Place(this.locate, [...this.path, ...keys]);
  }

  /** A message that begins with the file, the line and the way to the value. */
  say(message: string): string {
    const name = renderPath(this.path);
    return `${this.locate(this.path)}: ${name === '' ? '' : `${name} `}${message}`;
  }

  error(message: string): DomainError {
    return new DomainError('INVALID_ARGUMENT', this.say(message));
  }

  /** Reads a text with a reader that does not know where it stands. @throws DomainError INVALID_ARGUMENT naming the place */
  read<T>(text: string, parse: (text: string) => T): T {
    try {
      return parse(text);
    } catch (error) {
      if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
      throw this.error(`cannot be used: ${error.message}`);
    }
  }
}

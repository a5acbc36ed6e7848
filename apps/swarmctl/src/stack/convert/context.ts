import type { ComposeModel } from '../../compose/model';
import type { Place } from '../../compose/place';

/** What stands for an object of the cluster in a spec. */
export interface ObjectIds {
  network(name: string): string;
  secret(name: string): string;
  config(name: string): string;
}

/** What a service of a stack is converted with. */
export interface ConvertContext {
  readonly stack: string;
  readonly model: ComposeModel;
  readonly ids: ObjectIds;
}

/** One service, and where it stands in the files. */
export interface ServicePlace {
  readonly name: string;
  readonly place: Place;
}

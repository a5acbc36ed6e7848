import type { TemplateValue } from './value';

/** Where in the template's text something begins, counted from 0. */
interface Placed {
  readonly at: number;
}

/** One part of a template, in the order in which they are written. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Expression }
  | SetVariable
  | Choice
  | Loop;

/** `{{$x := …}}`, and `{{$x = …}}` for one that exists. */
export interface SetVariable extends Placed {
  readonly kind: 'declare' | 'assign';
  readonly variable: string;
  readonly value: Expression;
}

/** `if`, or `with`, in which the value becomes the dot. */
export interface Choice extends Placed {
  readonly kind: 'if' | 'with';
  readonly variable: string | undefined;
  readonly value: Expression;
  readonly then: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
}

/** `range`: the body once for each entry, in the order of the keys, with the entry's value as the dot. */
export interface Loop extends Placed {
  readonly kind: 'range';
  readonly keyVariable: string | undefined;
  readonly valueVariable: string | undefined;
  readonly over: Expression;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
}

/** What has a value. A pipeline is written as the calls that it stands for. */
export type Expression =
  | (Placed & { readonly kind: 'literal'; readonly value: TemplateValue })
  | (Placed & { readonly kind: 'dot' })
  | (Placed & { readonly kind: 'variable'; readonly name: string })
  | Path
  | Call;

/** Fields of something, one of the other. */
export interface Path extends Placed {
  readonly kind: 'path';
  readonly of: Expression;
  readonly fields: readonly (Placed & { readonly name: string })[];
}

export interface Call extends Placed {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  /** Calls that are in each other here, this one included. */
  readonly height: number;
}

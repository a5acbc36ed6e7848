import fc from 'fast-check';
import { isCode } from '../errors';
import { NodeSpec, ServiceSpec } from '../proto';
import { decodeJson } from './decode-json';
import { messageSchema, type FieldKind, type FieldSchema } from './message-schema';

/** Any JSON that a client might write for a message, keys in their canonical case. */
function messageArbitrary(name: string): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...messageSchema(name).fields.values()];
  const values = Object.fromEntries(fields.map((field) => [field.jsonName, fieldArbitrary(field)]));
  return fc.record(values, { requiredKeys: [] });
}

function fieldArbitrary(field: FieldSchema): fc.Arbitrary<unknown> {
  return field.repeated ? fc.array(valueArbitrary(field.kind), { maxLength: 2 }) : valueArbitrary(field.kind);
}

const mapKey = fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__');

function valueArbitrary(kind: FieldKind): fc.Arbitrary<unknown> {
  switch (kind.is) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 });
    case 'bool':
      return fc.boolean();
    case 'float':
      return fc.float({ noNaN: true, noDefaultInfinity: true });
    case 'bytes':
      return fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'strings':
      return fc.array(fc.string(), { maxLength: 2 });
    case 'integer':
      return fc.maxSafeInteger().map((value) => Math.min(Math.max(value, kind.min), kind.max));
    case 'enum':
      return fc.constantFrom(...kind.values);
    case 'map':
      return fc.dictionary(mapKey, valueArbitrary(kind.value), { maxKeys: 3 });
    case 'message':
      return messageArbitrary(kind.name);
  }
}

/** The same JSON with the case of every key of a message changed as the bits say; keys of maps are data and stay. */
function withKeyCase(message: string, json: unknown, upper: (index: number) => boolean): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const fields = messageSchema(message).fields;
  let index = 0;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const kind = fields.get(key.toLowerCase())?.kind;
      const respelled = [...key].map((letter) => (upper(index++) ? letter.toUpperCase() : letter.toLowerCase())).join('');
      if (kind?.is !== 'message') return [respelled, value];
      const inner = Array.isArray(value)
        ? value.map((item) => withKeyCase(kind.name, item, upper))
        : withKeyCase(kind.name, value, upper);
      return [respelled, inner];
    }),
  );
}

const refusal = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('decoding a client’s JSON', () => {
  it('takes keys in any case', () => {
    fc.assert(
      fc.property(messageArbitrary('ServiceSpec'), fc.infiniteStream(fc.boolean()), (json, bits) => {
        const respelled = withKeyCase('ServiceSpec', json, () => bits.next().value);
        expect(decodeJson('ServiceSpec', respelled)).toEqual(decodeJson('ServiceSpec', json));
      }),
    );
  });

  it('yields what the generated code reads and writes back without loss', () => {
    fc.assert(
      fc.property(messageArbitrary('ServiceSpec'), (json) => {
        const spec = ServiceSpec.fromJSON(decodeJson('ServiceSpec', json));
        expect(ServiceSpec.fromJSON(decodeJson('ServiceSpec', JSON.parse(JSON.stringify(ServiceSpec.toJSON(spec)))))).toEqual(
          spec,
        );
      }),
    );
  });

  it('yields what the store keeps without loss', () => {
    fc.assert(
      fc.property(messageArbitrary('ServiceSpec'), (json) => {
        const spec = ServiceSpec.fromJSON(decodeJson('ServiceSpec', json));
        expect(ServiceSpec.toJSON(ServiceSpec.decode(ServiceSpec.encode(spec).finish()))).toEqual(ServiceSpec.toJSON(spec));
      }),
    );
  });

  it('answers any JSON at all with a spec or a refusal', () => {
    const anyJson = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('Name', 'LABELS', 'mode', 'TaskTemplate', '__proto__'), fc.jsonValue()),
    );
    fc.assert(
      fc.property(anyJson, (json) => {
        const answer = refusal(() => ServiceSpec.fromJSON(decodeJson('ServiceSpec', json)));
        if (answer instanceof Error) expect(isCode(answer, 'INVALID_ARGUMENT')).toBe(true);
      }),
    );
  });

  it.each([
    ['a list as a spec', [], 'json: cannot unmarshal array into Go value of type swarm.ServiceSpec'],
    ['a number as a name', { Name: 1 }, 'json: cannot unmarshal number into Go struct field ServiceSpec.Name of type string'],
    [
      'a number as a label',
      { Labels: { a: 1 } },
      'json: cannot unmarshal number into Go struct field ServiceSpec.Labels of type string',
    ],
    [
      'a list as labels',
      { Labels: [] },
      'json: cannot unmarshal array into Go struct field ServiceSpec.Labels of type map[string]string',
    ],
    [
      'a text as a list',
      { TaskTemplate: { ContainerSpec: { Env: 'x' } } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Env of type []string',
    ],
    [
      'a text as a flag',
      { TaskTemplate: { ContainerSpec: { Init: 'x' } } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Init of type bool',
    ],
    [
      'an object as a list of messages',
      { EndpointSpec: { Ports: {} } },
      'json: cannot unmarshal object into Go struct field ServiceSpec.EndpointSpec.Ports of type []swarm.PortConfig',
    ],
    [
      'a text as a ratio',
      { UpdateConfig: { MaxFailureRatio: 'x' } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.UpdateConfig.MaxFailureRatio of type float32',
    ],
    [
      'a number among tmpfs options',
      { TaskTemplate: { ContainerSpec: { Mounts: [{ TmpfsOptions: { Options: [['a', 1]] } }] } } },
      'json: cannot unmarshal number into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Mounts.TmpfsOptions.Options of type string',
    ],
    [
      'bytes that are not base64',
      { TaskTemplate: { ContainerSpec: { Privileges: { Seccomp: { Profile: '*' } } } } },
      'illegal base64 data in ServiceSpec.TaskTemplate.ContainerSpec.Privileges.Seccomp.Profile',
    ],
    [
      'a label that would be lost',
      JSON.parse('{"Labels":{"__proto__":"x"}}'),
      'ServiceSpec.Labels: the key "__proto__" cannot be stored',
    ],
  ])('refuses %s, naming the field', (_name, json, message) => {
    expect(refusal(() => decodeJson('ServiceSpec', json))).toMatchObject({ code: 'INVALID_ARGUMENT', message });
  });

  it.each([
    [
      'a negative count',
      '{"Mode":{"Replicated":{"Replicas":-1}}}',
      'number -1 into Go struct field ServiceSpec.Mode.Replicated.Replicas of type uint64',
    ],
    ['a fraction', '{"Mode":{"Replicated":{"Replicas":1.5}}}', 'number 1.5 into'],
    [
      '2^53, which the parser may have rounded',
      '{"Mode":{"Replicated":{"Replicas":9007199254740992}}}',
      'Replicas of type uint64',
    ],
    [
      'more than 64 bits',
      '{"TaskTemplate":{"Resources":{"Limits":{"NanoCPUs":9223372036854775808}}}}',
      'Limits.NanoCPUs of type int64',
    ],
    ['more than any number', '{"TaskTemplate":{"Resources":{"Limits":{"NanoCPUs":1e309}}}}', 'Limits.NanoCPUs of type int64'],
    ['a port beyond 32 bits', '{"EndpointSpec":{"Ports":[{"TargetPort":4294967296}]}}', 'Ports.TargetPort of type uint32'],
  ])('refuses %s where an integer belongs', (_name, text, message) => {
    expect(refusal(() => decodeJson('ServiceSpec', JSON.parse(text)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it('takes the whole range of safe integers', () => {
    const json = {
      TaskTemplate: { Resources: { Limits: { NanoCPUs: Number.MAX_SAFE_INTEGER, Pids: Number.MIN_SAFE_INTEGER } } },
    };
    expect(decodeJson('ServiceSpec', json)).toEqual(json);
  });

  it('ignores what it does not know, however deep', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(decodeJson('ServiceSpec', { Name: 'a', Unknown: deep, constructor: deep })).toEqual({ Name: 'a' });
  });

  it('takes null for "absent", and in lists and maps for "empty"', () => {
    const json = {
      Name: null,
      Labels: { a: null },
      TaskTemplate: { ContainerSpec: { Env: [null], Mounts: [null] } },
      Mode: null,
    };
    expect(decodeJson('ServiceSpec', json)).toEqual({
      Labels: { a: '' },
      TaskTemplate: { ContainerSpec: { Env: [''], Mounts: [{}] } },
    });
    expect(decodeJson('ServiceSpec', null)).toEqual({});
  });

  it('lets the last spelling of a key win', () => {
    expect(decodeJson('ServiceSpec', JSON.parse('{"Name":"a","NAME":"b"}'))).toEqual({ Name: 'b' });
  });

  it('does not touch prototypes', () => {
    decodeJson('ServiceSpec', JSON.parse('{"__proto__":{"polluted":1},"TaskTemplate":{"__proto__":{"polluted":1}}}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads enumerations in any case and keeps their zero value', () => {
    expect(NodeSpec.fromJSON(decodeJson('NodeSpec', { Role: 'WORKER', Availability: 'Drain' }))).toMatchObject({
      role: 'worker',
      availability: 'drain',
    });
    expect(refusal(() => decodeJson('NodeSpec', { Role: 'zz' }))).toMatchObject({ message: 'invalid Role: "zz"' });
  });
});

import { TEXT, type ObjectType, type ObjectValue, type TemplateType, type TemplateValue } from './value';

/** What the templates of a task may name, as in Docker. */
export interface TaskFields {
  readonly service: { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly node: { readonly id: string; readonly hostname: string; readonly architecture: string; readonly os: string };
  /** The slot of a task whose node stands for the slot is the node's id. */
  readonly task: { readonly id: string; readonly name: string; readonly slot: string };
}

/** The values for a task's templates. */
export function taskValues({ service, node, task }: TaskFields): ObjectValue {
  return value({
    Service: value({
      ID: service.id,
      Name: service.name,
      Labels: { kind: 'labels', entries: new Map(Object.entries(service.labels)) },
    }),
    Node: value({
      ID: node.id,
      Hostname: node.hostname,
      Platform: value({ Architecture: node.architecture, OS: node.os }),
    }),
    Task: value({ ID: task.id, Name: task.name, Slot: task.slot }),
  });
}

const NODE = type({ ID: TEXT, Hostname: TEXT, Platform: type({ Architecture: TEXT, OS: TEXT }) });
const TASK = type({ ID: TEXT, Name: TEXT, Slot: TEXT });

/** What is known of these values before there is a task. */
export function taskTypes(serviceLabels: Readonly<Record<string, string>>): ObjectType {
  return type({
    Service: type({ ID: TEXT, Name: TEXT, Labels: { kind: 'labels', keys: new Set(Object.keys(serviceLabels)) } }),
    Node: NODE,
    Task: TASK,
  });
}

function value(fields: Record<string, TemplateValue>): ObjectValue {
  return { kind: 'object', fields: new Map(Object.entries(fields)) };
}

function type(fields: Record<string, TemplateType>): ObjectType {
  return { kind: 'object', fields: new Map(Object.entries(fields)) };
}

/** Path at which a web server says who called it and who answers: `<address> <task name>`. */
export const WHO_PATH = '/cgi-bin/who';

const SCRIPT = [
  'mkdir -p /www/cgi-bin',
  'echo "$TASK" > /www/index.html',
  String.raw`printf '#!/bin/sh\necho\necho "$REMOTE_ADDR $TASK"\n' > /www/cgi-bin/who`,
  'chmod +x /www/cgi-bin/who',
  'exec httpd -f -p 80 -h /www',
].join(' && ');

/** What to make a web service of. */
export interface WebServiceOptions {
  readonly name: string;
  readonly replicas?: number;
  /** Ids or names of overlay networks. */
  readonly networks?: readonly string[];
  readonly aliases?: readonly string[];
  readonly publish?: number;
  readonly endpointMode?: 'vip' | 'dnsrr';
  readonly labels?: Readonly<Record<string, string>>;
  readonly updateConfig?: object;
  readonly placement?: object;
  readonly tag?: string;
}

/** Body of a create call: a web server that says its task's name, healthy once it answers, and gone at once when told to stop. */
export function webService(options: WebServiceOptions): object {
  const { name, replicas = 1, networks = [], aliases, publish, endpointMode = 'vip', labels, updateConfig, placement } = options;
  return {
    Name: name,
    Labels: labels,
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: updateConfig,
    TaskTemplate: {
      ContainerSpec: {
        Image: `busybox:${options.tag ?? 'latest'}`,
        Command: ['sh', '-c', SCRIPT],
        Env: ['TASK={{.Task.Name}}'],
        StopSignal: 'SIGKILL',
        Healthcheck: {
          Test: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1/'],
          // More often, ten containers' checks alone keep two cores busy.
          Interval: 1_000_000_000,
          Timeout: 5_000_000_000,
          Retries: 20,
        },
      },
      Networks: networks.map((Target) => ({ Target, Aliases: aliases })),
      Placement: placement,
      RestartPolicy: { Delay: 0 },
    },
    EndpointSpec: {
      Mode: endpointMode,
      Ports: publish === undefined ? [] : [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: publish, PublishMode: 'ingress' }],
    },
  };
}

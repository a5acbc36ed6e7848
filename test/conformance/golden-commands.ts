/**
 * A command line for docker, and what it reads from its standard input. ADDRESS and NODE stand for those of the host, UNLOCK-KEY for the
 * key that was printed last, CA-CERT, CA-KEY and OTHER-KEY for files of a root certificate, its key and another one.
 */
export interface GoldenCommand {
  readonly args: readonly string[];
  readonly input?: string;
  /** Whether the manager, or the engine, is started anew beforehand. */
  readonly isAfterRestart?: boolean;
  /** Repeated until it prints this: what it shows takes some time to come about. */
  readonly until?: RegExp;
  /** Docker's command line goes through a map of Go: its lines come in any order. */
  readonly isUnordered?: boolean;
}

/** Words are separated by single spaces; those in double quotes belong together. */
function command(line: string, more: Omit<GoldenCommand, 'args'> = {}): GoldenCommand {
  const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  return { args, ...more };
}

const STACK = `version: "3.8"
services:
  web:
    image: busybox:latest
    command: sleep 1000000
    stop_grace_period: 0s
    environment: {A: b}
    networks: [back]
    secrets: [top]
    configs: [{source: app, target: /etc/app}]
    deploy: {replicas: 2, labels: {team: blue}}
  once:
    image: busybox:latest
    command: sleep 1000000
    stop_grace_period: 0s
    deploy: {mode: global}
networks: {back: {driver: overlay}}
secrets: {top: {file: /etc/hostname}}
configs: {app: {file: /etc/hostname}}
`;

const running = (service: string, count: number): GoldenCommand =>
  command(`service ps ${service} --filter desired-state=running --format "{{.CurrentState}}"`, {
    until: new RegExp(`^(?:Running[^\\n]*\\n?){${count}}$`),
  });

/** Groups of docker's commands that are about a swarm, in an order in which they can be run one after the other. */
export const GOLDEN_GROUPS: readonly { readonly group: string; readonly commands: readonly GoldenCommand[] }[] = [
  {
    group: 'outside of a swarm',
    commands: [
      command('info --format {{.Swarm.LocalNodeState}}'),
      command('node ls'),
      command('service ls'),
      command('secret ls'),
      command('config ls'),
      command('stack ls'),
      command('swarm join-token worker'),
      command('swarm leave'),
      command('swarm update --task-history-limit 3'),
      command('swarm join --token nonsense ADDRESS:9'),
      command('network create -d overlay net'),
      command('swarm unlock', { input: 'x' }),
    ],
  },
  {
    group: 'swarm',
    commands: [
      command('swarm init --advertise-addr ADDRESS --task-history-limit 4 --dispatcher-heartbeat 2s'),
      command('swarm init --advertise-addr ADDRESS'),
      command('swarm join --token nonsense ADDRESS:9'),
      command('info --format "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.Managers}} {{.Swarm.Nodes}}"'),
      command('info --format "{{json .Swarm.Cluster.Spec}}"'),
      command('swarm join-token worker'),
      command('swarm join-token -q manager'),
      command('swarm join-token --rotate -q worker'),
      command('swarm join-token nobody'),
      command('swarm update --task-history-limit 3 --cert-expiry 720h'),
      command('swarm update --cert-expiry 1s'),
      command(
        'info --format "{{.Swarm.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit}} {{.Swarm.Cluster.Spec.CAConfig.NodeCertExpiry}}"',
      ),
      command('swarm unlock-key'),
      command('swarm ca'),
      command('swarm leave'),
    ],
  },
  {
    group: 'node',
    commands: [
      command('node ls'),
      command('node ls -q'),
      command('node ls --filter role=worker'),
      command('node ls --format "{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}"'),
      command('node update --label-add disk=ssd --label-add zone=a NODE'),
      command('node update --availability pause NODE'),
      command('node inspect --format "{{.Spec.Availability}} {{.Spec.Labels}} {{.Spec.Role}} {{.Status.State}}" self'),
      command('node update --availability active --label-rm zone NODE'),
      command('node ls --filter node.label=disk=ssd --format {{.Self}}'),
      command('node update --label-rm none NODE'),
      command('node update --availability sleepy NODE'),
      command('node promote NODE'),
      command('node demote NODE'),
      command('node rm nobody'),
      command('node inspect nobody'),
      command('node ps NODE'),
      command('node ls --filter nonsense=x'),
    ],
  },
  ...(['secret', 'config'] as const).map((kind) => ({
    group: kind,
    commands: [
      command(`${kind} create -l a=b one -`, { input: 'value' }),
      command(`${kind} create one -`, { input: 'value' }),
      command(`${kind} create bad/name -`, { input: 'value' }),
      command(`${kind} create empty -`, { input: '' }),
      command(`${kind} create --template-driver golang two -`, { input: 'value {{.Task.Slot}}' }),
      command(`${kind} ls`),
      command(`${kind} ls -q`),
      command(`${kind} ls --filter name=tw --format {{.Name}}`),
      command(`${kind} ls --filter label=a=b --format "{{.Name}} {{.Labels}}"`),
      command(`${kind} ls --filter nonsense=x`),
      command(`${kind} inspect one`),
      command(`${kind} inspect --pretty one`),
      command(`${kind} inspect nobody`),
      command(`${kind} rm nobody two`),
      command(`${kind} rm one`),
    ],
  })),
  {
    group: 'service',
    commands: [
      command('secret create pw -', { input: 'x' }),
      command('config create cf -', { input: 'x' }),
      command('network create -d overlay net'),
      command(
        'service create -d --no-resolve-image --name web --replicas 2 --stop-grace-period 0s --env A=b --label team=blue busybox:latest sleep 1000000',
      ),
      command(
        'service create -d --no-resolve-image --name full --replicas 0 --secret source=pw,target=pass,mode=0400 --config source=cf,target=/cf --network name=net,alias=x ' +
          '--mount type=volume,source=v,target=/v --mount type=tmpfs,target=/t --publish 18081:80 --publish mode=host,published=18082,target=81 ' +
          '--limit-memory 64m --limit-cpu 0.5 --reserve-memory 8m --constraint node.role==manager --placement-pref spread=node.labels.zone ' +
          '--restart-condition on-failure --restart-max-attempts 3 --update-parallelism 2 --update-delay 3s --rollback-order start-first ' +
          '--health-cmd true --health-interval 10s --user 1:1 --workdir /tmp --hostname h --dns 1.1.1.1 --container-label c=d --log-driver json-file --log-opt max-size=1m ' +
          '--stop-signal SIGINT --read-only --init --cap-add NET_ADMIN --ulimit nofile=10:20 --sysctl net.core.somaxconn=10 --with-registry-auth busybox:latest sleep 1',
      ),
      command(
        'service create -d --no-resolve-image --name everywhere --mode global --stop-grace-period 0s busybox:latest sleep 1000000',
      ),
      command('service create -d --no-resolve-image --name job --mode replicated-job --replicas 0 busybox:latest true'),
      command('service create -d --no-resolve-image --name web busybox:latest'),
      command('service create -d --no-resolve-image --name bad_name! busybox:latest'),
      command('service create -d --no-resolve-image --name x --secret nobody busybox:latest'),
      command('service create -d --no-resolve-image --name x --network nobody busybox:latest'),
      command('service create -d --no-resolve-image --name x --publish 18081:81 busybox:latest'),
      running('web', 2),
      running('everywhere', 1),
      command('service ls'),
      command('service ls -q'),
      command('service ls --filter mode=global --format "{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}} {{.Ports}}"'),
      command('service ls --filter label=team=blue --format {{.Name}}'),
      command('service ls --filter name=fu --format {{.Name}}'),
      command('service ls --filter nonsense=x'),
      command('service inspect --pretty web'),
      command('service inspect --pretty full'),
      command('service inspect --format "{{json .Spec}}" web'),
      command('service inspect --format "{{json .Spec}}" full'),
      command('service inspect --format "{{json .Spec}}" job'),
      command('service inspect --format "{{json .Endpoint.Spec}} {{json .Endpoint.Ports}}" full'),
      command('service inspect nobody'),
      command('service ps web'),
      command('service ps --no-trunc --format "{{.Name}} {{.Image}} {{.DesiredState}} {{.Error}} {{.Ports}}" web'),
      command('service ps -q nobody'),
      command('service ps --filter nonsense=x web'),
      command('service scale -d web=1'),
      command('service scale -d everywhere=2'),
      command('service scale -d web=-1'),
      command('service scale -d nobody=1'),
      running('web', 1),
      command('service update -d --env-add C=d --label-add x=y --limit-memory 32m --update-delay 1s web'),
      command(
        'service inspect --format "{{json .Spec.TaskTemplate.Resources}} {{json .Spec.Labels}} {{json .Spec.UpdateConfig}}" web',
      ),
      command('service inspect --format "{{json .PreviousSpec.TaskTemplate.ContainerSpec.Env}}" web'),
      command('service update -d --env-rm C --label-rm x --env-rm nobody web'),
      command('service update -d --replicas 2 everywhere'),
      command('service update -d --secret-rm pw --config-rm cf --network-rm net --publish-rm 80 --mount-rm /v full'),
      command('service inspect --format "{{json .Spec}}" full'),
      command('service rollback -d web'),
      command('service rollback -d everywhere'),
      command('service update -d nobody'),
      command('secret rm nobody'),
      command('service logs nobody'),
      command(
        'service create -d --no-resolve-image --name talk --stop-grace-period 0s busybox:latest sh -c "echo out; echo err >&2; sleep 1000000"',
      ),
      running('talk', 1),
      command('service logs --raw talk', { until: /^out\n$/ }),
      command('service logs talk'),
      command('service logs --no-task-ids talk'),
      command('service logs --no-trunc --no-resolve talk'),
      command('service logs --timestamps --raw talk'),
      command('service logs --details talk'),
      command('service logs --tail 0 talk'),
      command('service logs --since 2030-01-01T00:00:00Z talk'),
      command('service rm talk'),
      command('service rm web nobody full everywhere job'),
      command('service ls -q'),
      command('secret rm pw'),
      command('config rm cf'),
      command('network rm net', { until: /^net\n$/ }),
    ],
  },
  {
    group: 'stack',
    commands: [
      command('stack deploy --resolve-image never -c - st', { input: STACK, isUnordered: true }),
      running('st_web', 2),
      running('st_once', 1),
      command('stack ls'),
      command('stack services st'),
      command('stack services --format "{{.Name}} {{.Mode}} {{.Replicas}}" st'),
      command('stack ps --filter desired-state=running --format "{{.Name}} {{.Image}} {{.DesiredState}}" st'),
      command('service inspect --format "{{json .Spec}}" st_web'),
      command('network inspect --format "{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}}" st_back'),
      command('secret inspect --format "{{.Spec.Name}} {{.Spec.Labels}}" st_top'),
      command('stack deploy --resolve-image never -c - st', {
        input: STACK.replace('replicas: 2', 'replicas: 1'),
        isUnordered: true,
      }),
      command('stack ps nobody'),
      command('stack services nobody'),
      command('stack deploy -c - bad', { input: 'version: "3.8"\nservices: {web: {image: [1]}}\n' }),
      command('stack rm st', { isUnordered: true }),
      command('stack ls', { until: /^NAME.*\n$/ }),
    ],
  },
  {
    group: 'root certificate',
    commands: [
      command('swarm ca --rotate --detach --ca-cert CA-CERT --ca-key OTHER-KEY'),
      command('swarm ca --rotate --detach --ca-key CA-KEY'),
      command('swarm ca --rotate --quiet --ca-cert CA-CERT --ca-key CA-KEY'),
      command('swarm ca'),
      command('swarm update --external-ca protocol=cfssl,url=https://127.0.0.1:1/sign'),
      command('info --format "{{json .Swarm.Cluster.Spec.CAConfig.ExternalCAs}}"'),
    ],
  },
  {
    group: 'a locked swarm',
    commands: [
      command('swarm unlock', { input: 'x' }),
      command('swarm update --autolock=true'),
      command('swarm update --autolock=true'),
      command('info --format "{{.Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers}}"'),
      command('swarm unlock-key -q'),
      command('swarm unlock-key --rotate -q'),
      command('swarm unlock-key'),
      command('info --format "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.Error}}"', {
        isAfterRestart: true,
        until: /^locked /,
      }),
      command('node ls'),
      command('service ls'),
      command('swarm unlock-key'),
      command('swarm join-token worker'),
      command('swarm update --task-history-limit 3'),
      command('swarm ca'),
      command('swarm leave'),
      command('swarm init --advertise-addr ADDRESS'),
      command('swarm unlock', { input: 'wrong' }),
      command('swarm unlock', { input: `SWMKEY-1-${'A'.repeat(43)}` }),
      command('swarm unlock', { input: 'UNLOCK-KEY' }),
      command('node ls --format "{{.Hostname}} {{.Status}}"', { until: /Ready/ }),
      command('swarm unlock', { input: 'x' }),
      command('swarm update --autolock=false'),
      command('swarm unlock-key'),
      command('swarm unlock-key --rotate'),
      command('info --format {{.Swarm.LocalNodeState}}', { isAfterRestart: true, until: /^active/ }),
    ],
  },
  {
    group: 'the end',
    commands: [command('swarm leave --force'), command('node ls'), command('info --format {{.Swarm.LocalNodeState}}')],
  },
];

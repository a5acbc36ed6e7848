import { nanosToMs } from '#common/domain';
import type { Written } from '../manager-api';
import type { Project } from '../compose/load-project';
import { inDependencyOrder } from '../compose/dependency-order';
import { printWarnings } from '../commands/service/change-service';
import type { Tools } from '../commands/command';
import { EXIT, type ExitCode } from '../exit-codes';
import { waitUntilOver } from '../progress/wait-loop';
import { colorsFor } from '../render/colors';
import { plainText } from '../render/plain-text';
import { writeLine, type Session } from '../session';
import type { Change } from './change';
import { stackObjects, type StackObjects } from './convert/objects';
import { FileChanges, type FileChange } from './file-changes';
import { networkChanges, type NetworkChange } from './network-changes';
import { serviceChanges, wantedSpecs, type ImageChoice, type ServiceChange } from './service-changes';
import { LineStackDisplay, LiveStackDisplay, QuietStackDisplay, type StackDisplay } from './stack-display';
import { scopedName } from './names';
import { removeObjects, removals } from './remove-stack';
import { idsIn, readCluster, requireExternals, stackIn, type ClusterState } from './stack-state';
import { StackWait, type AwaitedService } from './wait-for-stack';

/** How a stack is deployed. */
export interface DeployOptions extends ImageChoice {
  readonly prune: boolean;
  readonly detach: boolean;
  readonly quiet: boolean;
  /** Nanoseconds. */
  readonly timeout?: number;
}

/** What is decided before anything is done. */
interface Decided {
  readonly cluster: ClusterState;
  readonly objects: StackObjects;
  readonly networks: readonly NetworkChange[];
  readonly files: readonly FileChange[];
}

const DOING = { create: 'Creating', update: 'Updating', unchanged: 'Keeping', remove: 'Removing' } as const;

function displayFor({ stderr, env }: Session, quiet: boolean): StackDisplay {
  if (quiet) return new QuietStackDisplay(stderr);
  return stderr.isTerminal ? new LiveStackDisplay(stderr, colorsFor(stderr, env)) : new LineStackDisplay(stderr);
}

/** Makes the cluster have what the files of a stack ask for. */
export class StackDeployment {
  private readonly secrets: FileChanges;
  private readonly configs: FileChanges;

  constructor(
    private readonly tools: Tools,
    private readonly stack: string,
    private readonly project: Project,
    private readonly options: DeployOptions,
  ) {
    const services = Object.keys(project.model.services).map((key) => scopedName(stack, key));
    this.secrets = new FileChanges('secrets', stack, tools.api.secrets, services);
    this.configs = new FileChanges('configs', stack, tools.api.configs, services);
  }

  /** What a deployment would do. Nothing is changed. */
  async plan(): Promise<Change[]> {
    const { cluster, networks, files, objects } = await this.decide();
    const services = await this.decideServices(cluster);
    const removed = this.options.prune ? removals(stackIn(cluster, this.stack), this.wanted(objects)) : [];
    return [...networks, ...files, ...services, ...removed];
  }

  /** @returns the exit code: that of the first service that does not get where it should */
  async run(): Promise<ExitCode> {
    const { networks, files, objects } = await this.decide();
    await this.makeObjects(networks, files);
    const services = await this.decideServices(await readCluster(this.tools.api, this.stack));
    const code = await this.deployServices(services);
    if (code !== EXIT.ok || !this.options.prune) return code;
    const present = stackIn(await readCluster(this.tools.api, this.stack), this.stack);
    return removeObjects(this.tools, removals(present, this.wanted(objects)));
  }

  /** Everything that can be wrong with the files is found here, before anything is made. */
  private async decide(): Promise<Decided> {
    const { stack, project, tools } = this;
    const objects = stackObjects(stack, project.model);
    const cluster = await readCluster(tools.api, stack);
    wantedSpecs(stack, project, idsIn(cluster));
    requireExternals(objects, cluster);
    const networks = networkChanges(objects.networks, cluster.networks);
    const files = [
      ...(await this.secrets.of(objects.secrets, cluster.secrets, project)),
      ...(await this.configs.of(objects.configs, cluster.configs, project)),
    ];
    return { cluster, objects, networks, files };
  }

  private async makeObjects(networks: readonly NetworkChange[], files: readonly FileChange[]): Promise<void> {
    for (const change of networks) {
      if (change.kind === 'create') {
        this.say(change);
        await this.tools.api.createNetwork(change.wanted.spec);
      }
      printWarnings(
        this.tools.session,
        change.details.map((detail) => `network ${change.name} ${detail}`),
      );
    }
    for (const change of files) {
      if (change.kind === 'unchanged') continue;
      this.say(change);
      await (change.section === 'secrets' ? this.secrets : this.configs).apply(change);
    }
  }

  private async decideServices(cluster: ClusterState): Promise<ServiceChange[]> {
    const specs = wantedSpecs(this.stack, this.project, idsIn(cluster));
    const changes = await serviceChanges(this.tools, specs, { there: cluster.services, images: this.options });
    const order = inDependencyOrder(this.project.model.services);
    return this.withRestarts(order.flatMap((key) => changes.find((change) => change.key === key) ?? []));
  }

  /** Tasks of a service are replaced when one is changed that it depends on with `restart: true`. */
  private withRestarts(ordered: readonly ServiceChange[]): ServiceChange[] {
    const changed = new Set<string>();
    return ordered.map((change) => {
      const dependencies = Object.entries(this.project.model.services[change.key]?.depends_on ?? {});
      const cause = dependencies.find(([key, { restart }]) => restart && changed.has(key));
      const isRestarted = change.kind === 'unchanged' && cause !== undefined;
      if (change.kind === 'update' || isRestarted) changed.add(change.key);
      const template = change.spec.taskTemplate;
      if (!isRestarted || !template) return change;
      const spec = { ...change.spec, taskTemplate: { ...template, forceUpdate: (template.forceUpdate ?? 0) + 1 } };
      return { ...change, spec, kind: 'update', details: [`tasks replaced, since ${cause?.[0]} changes`] };
    });
  }

  private async deployServices(changes: readonly ServiceChange[]): Promise<ExitCode> {
    const { tools, stack, options } = this;
    if (changes.length === 0) return EXIT.ok;
    const display = displayFor(tools.session, options.quiet);
    const awaited = changes.map((change): AwaitedService => ({
      key: change.key,
      name: change.name,
      isChanged: change.kind !== 'unchanged',
      dependsOn: this.project.model.services[change.key]?.depends_on ?? {},
      deploy: () => this.deployService(change),
    }));
    const wait = new StackWait(tools, stack, awaited, { detach: options.detach, display });
    const timeoutMs = options.timeout === undefined ? undefined : nanosToMs(options.timeout);
    return waitUntilOver(tools.session, wait, timeoutMs);
  }

  private async deployService(change: ServiceChange): Promise<string> {
    if (change.current && change.kind === 'unchanged') return change.current.id;
    this.say(change);
    const { id, warnings } = await this.write(change);
    printWarnings(this.tools.session, warnings);
    return id;
  }

  private write({ spec, current, auth }: ServiceChange): Promise<Written> {
    const { api } = this.tools;
    if (!current) return api.createService(spec, auth);
    return api.updateService({ id: current.id, version: current.version?.index ?? 0, spec, registryAuth: auth });
  }

  private wanted({ networks, secrets, configs }: StackObjects): ReadonlySet<string> {
    const services = Object.keys(this.project.model.services).map((key) => `service ${scopedName(this.stack, key)}`);
    const named = (noun: string, list: readonly { name: string }[]): string[] => list.map(({ name }) => `${noun} ${name}`);
    return new Set([...services, ...named('network', networks), ...named('secret', secrets), ...named('config', configs)]);
  }

  private say({ kind, noun, name }: Change): void {
    writeLine(this.tools.session.stdout, plainText(`${DOING[kind]} ${noun} ${name}`));
  }
}

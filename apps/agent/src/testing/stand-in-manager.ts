import { createServer } from 'node:net';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { type TaskState } from '#common/domain';
import { newId } from '#common/identity';
import {
  Assignments_Type,
  DispatcherService,
  type AgentMessage,
  type Hello,
  type ManagerMessage,
} from '#common/dispatcher-proto';
import type { NodeDescription, Task, TaskStatus } from '#common/proto';
import { CLUSTER_ID } from './a-task';

type Stream = ServerDuplexStream<AgentMessage, ManagerMessage>;

const HEARTBEAT_MS = 500;

/** The manager's side of the agent's stream, without anything behind it: tests say which tasks there are and see what is told. */
export class StandInManager {
  readonly hellos: Hello[] = [];
  readonly descriptions: NodeDescription[] = [];
  /** Engine errors as they changed, '' first of all. */
  readonly engineErrors: string[] = [];
  /** Every status that arrived, by task. */
  readonly told = new Map<string, TaskStatus[]>();
  private readonly tasks = new Map<string, Task>();
  private stream: Stream | undefined;
  private setNumber = 0;
  private server: Server | undefined;
  private port = 0;

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Listens on a free port, the same one after each `kill`. */
  async listen(): Promise<void> {
    const server = new Server();
    server.addService(DispatcherService, { session: (stream: Stream) => this.serve(stream) });
    this.server = server;
    this.port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }

  /** Goes away as a process does that is killed. */
  kill(): void {
    this.server?.forceShutdown();
    this.stream = undefined;
  }

  /** While gone: takes each connection and drops it. Resolves once `count` tries were made. */
  async dropConnections(count: number): Promise<void> {
    const dropper = createServer();
    await new Promise<void>((resolve) => {
      let tries = 0;
      dropper.on('connection', (socket) => {
        socket.destroy();
        if (++tries >= count) resolve();
      });
      dropper.listen(this.port, '127.0.0.1');
    });
    await new Promise((resolve) => dropper.close(resolve));
  }

  assign(...tasks: Task[]): void {
    for (const task of tasks) this.tasks.set(task.id, task);
    this.send(tasks, []);
  }

  desire(task: Task, desiredState: TaskState): void {
    this.assign({ ...this.current(task), desiredState });
  }

  forget(...tasks: Task[]): void {
    for (const { id } of tasks) this.tasks.delete(id);
    this.send(
      [],
      tasks.map(({ id }) => id),
    );
  }

  forgetAll(): void {
    this.forget(...this.tasks.values());
  }

  /** Lets a message go missing. */
  skipOne(): void {
    this.setNumber++;
  }

  statusOf(task: Task): TaskStatus | undefined {
    return this.told.get(task.id)?.at(-1);
  }

  /** For `eventually`: whether the task has got into the state. */
  isIn(task: Task, state: TaskState): boolean {
    return this.statusOf(task)?.state === state;
  }

  private current(task: Task): Task {
    return { ...(this.tasks.get(task.id) ?? task), status: this.statusOf(task) ?? task.status };
  }

  private serve(stream: Stream): void {
    this.stream = stream;
    stream.on('data', (message: AgentMessage) => this.receive(stream, message));
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
  }

  private receive(stream: Stream, message: AgentMessage): void {
    if (message.hello) this.welcome(stream, message.hello);
    if (message.heartbeat) this.noteEngineError(message.heartbeat.engineError);
    if (message.description) this.descriptions.push(message.description);
    for (const { taskId, status } of message.statuses?.observations ?? []) {
      if (status) this.told.set(taskId, [...(this.told.get(taskId) ?? []), status]);
    }
  }

  private welcome(stream: Stream, hello: Hello): void {
    this.hellos.push(hello);
    stream.write({
      welcome: {
        sessionId: newId(),
        clusterId: CLUSTER_ID,
        heartbeatPeriodMs: HEARTBEAT_MS,
        managerAddresses: [this.address],
        endedClusterIds: [],
      },
    });
    const update = [...this.tasks.values()].map((task) => this.current(task));
    stream.write({
      assignments: { type: Assignments_Type.COMPLETE, appliesTo: 0, resultsIn: this.setNumber, update, remove: [] },
    });
  }

  private send(update: Task[], remove: string[]): void {
    const appliesTo = this.setNumber++;
    this.stream?.write({
      assignments: { type: Assignments_Type.INCREMENTAL, appliesTo, resultsIn: this.setNumber, update, remove },
    });
  }

  private noteEngineError(error: string): void {
    if (this.engineErrors.at(-1) !== error) this.engineErrors.push(error);
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { freePort } from '../support/servers/prometheus.ts';

/** What processes of the service say. */
interface Said {
  readonly serves?: number;
  readonly port?: number;
  readonly gone?: number;
}

/** What the four parts of the service are. */
export const fleetKinds = ['node:cluster', 'separate processes', 'worker threads'] as const;
export type FleetKind = (typeof fleetKinds)[number];

/** How each kind is started: a program, and how many of it. */
const programs: Record<FleetKind, { readonly count: number; readonly file: URL; readonly more: readonly string[] }> = {
  'node:cluster': { count: 1, file: new URL('./service.mjs', import.meta.url), more: ['cluster'] },
  'separate processes': { count: 4, file: new URL('./service.mjs', import.meta.url), more: [] },
  'worker threads': { count: 1, file: new URL('./pool-service.mjs', import.meta.url), more: [] },
};

/** A service of four processes or threads that a test kills and blocks. */
export class Fleet {
  readonly url: string;
  readonly #metricsPort: number;
  readonly #grpcPort: number;
  readonly #folder: string;
  readonly #kind: FleetKind;
  /** gRPC ports of the parts that serve, by pid, or by the number of the thread. */
  readonly #serving = new Map<number, number>();
  readonly #children = new Map<number, ChildProcess>();
  #isEnding = false;

  private constructor(kind: FleetKind, folder: string, metricsPort: number, grpcPort: number) {
    this.#kind = kind;
    this.#folder = folder;
    this.#metricsPort = metricsPort;
    this.#grpcPort = grpcPort;
    this.url = `http://127.0.0.1:${metricsPort}`;
  }

  static async start(kind: FleetKind, folder: string): Promise<Fleet> {
    const { count } = programs[kind];
    const fleet = new Fleet(kind, folder, await freePort(), count === 1 ? await freePort() : 0);
    for (let started = 0; started < count; started += 1) fleet.#fork();
    while (fleet.pids.length < 4) await sleep(20);
    return fleet;
  }

  /** Of the parts that serve. */
  get pids(): number[] {
    return [...this.#serving.keys()];
  }

  get port(): number {
    return this.#metricsPort;
  }

  /** Where a client may call. */
  anyAddress(turn: number): string | undefined {
    const ports = [...this.#serving.values()];
    return ports.length === 0 ? undefined : `127.0.0.1:${ports[turn % ports.length]}`;
  }

  kill(pid: number): void {
    this.#serving.delete(pid);
    if (this.#kind === 'worker threads') this.#tellAll({ pid, kill: true });
    else process.kill(pid, 'SIGKILL');
  }

  block(pid: number, milliseconds: number): void {
    this.#tellAll({ pid, block: milliseconds });
  }

  /** Ends one process in order, or all. */
  end(pid?: number): void {
    if (pid !== undefined) this.#serving.delete(pid);
    this.#tellAll(pid === undefined ? { end: true } : { pid, end: true });
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isEnding = true;
    const running = Array.from(this.#children.values()).filter(({ exitCode }) => exitCode === null);
    const ends = running.map((child) => once(child, 'exit'));
    for (const child of this.#children.values()) if (child.connected) child.disconnect();
    await Promise.all(ends);
  }

  #tellAll(message: object): void {
    for (const child of this.#children.values()) if (child.connected) child.send(message);
  }

  #fork(): void {
    const { file, more, count } = programs[this.#kind];
    const program = fileURLToPath(file);
    const args = [`${this.#metricsPort}`, `${this.#grpcPort}`, this.#folder, ...more];
    const child = fork(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.set(child.pid!, child);
    child.on('message', ({ serves, port, gone }: Said) => {
      if (serves !== undefined && port !== undefined) this.#serving.set(serves, port);
      if (gone !== undefined) this.#serving.delete(gone);
    });
    child.on('error', () => {}); // a message to one that was just killed
    child.once('exit', () => {
      this.#children.delete(child.pid!);
      this.#serving.delete(child.pid!);
      if (!this.#isEnding && count > 1) this.#fork();
    });
  }
}

/** Calls a fleet, one call after the other on each of several connections, until it is stopped. */
export class Load {
  /** Calls that ended OK, as the clients see it. */
  ok = 0;
  failed = 0;
  #isStopped = false;
  readonly #loops: Promise<void>[];

  constructor(fleet: Fleet, clients: number) {
    this.#loops = Array.from({ length: clients }, (_, index) => this.#loop(fleet, index));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(fleet: Fleet, index: number): Promise<void> {
    for (let turn = index; !this.#isStopped; turn += 1) {
      const address = fleet.anyAddress(turn);
      if (address === undefined) await sleep(20);
      else await this.#callUntilItFails(address);
    }
  }

  async #callUntilItFails(address: string): Promise<void> {
    const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    let isGood = true;
    for (let calls = 0; isGood && !this.#isStopped && calls < 300; calls += 1) {
      isGood = await call(client);
      if (isGood) this.ok += 1;
      else this.failed += 1;
      await sleep(1);
    }
    client.close();
  }
}

/** Whether a call ended OK. Node may lose a connection of a cluster: hence the deadline. */
function call(client: Client): Promise<boolean> {
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    const deadline = Date.now() + 5000;
    client.makeUnaryRequest('/test.Echo/Say', same, same, Buffer.from('x'), { deadline }, (error) =>
      resolve(error === null),
    );
  });
}

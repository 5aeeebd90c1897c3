import type { GrpcMetrics } from '../../src/index.ts';
import type { ClientLimits } from '../client-endings/adapter.ts';
import type { MethodName } from '../support/service.ts';
import type { CallOptions, TestCall, TestClient } from '../support/test-client.ts';
import { deferred } from '../support/wait.ts';
import { Child, type ChildOptions } from './child.ts';
import type { Order, Report, ReportOfCall } from './protocol.ts';
import { ScrapedMetrics } from './scraped-metrics.ts';

/** One of `programs/` in a process of its own, and what its endpoint exposes. */
export class RemoteProgram {
  readonly child: Child;
  readonly #answers = new Map<number, { resolve(result: number): void; reject(error: Error): void }>();
  readonly #calls = new Map<number, (report: ReportOfCall) => void>();
  /** What is told in one turn of the event loop is done in one turn: a call and its first message. */
  readonly #orders: (Order & { readonly id: number })[] = [];
  #metrics: ScrapedMetrics | undefined;
  #last = 0;

  private constructor(child: Child) {
    this.child = child;
    child.process.on('message', (report: Report) => this.#hear(report));
  }

  static async start(args: readonly string[], options: ChildOptions, copy: 'own' | 'nested'): Promise<RemoteProgram> {
    const environment = { GRPC_VITALS_PORT: '0', GRPC_VITALS_HOST: '127.0.0.1', GRPC_VITALS_LOG: 'info' };
    const child = new Child(args, { ...options, environment, hasChannel: true });
    const program = new RemoteProgram(child);
    if (copy === 'nested') await program.tell({ name: 'useNested' });
    program.connect('127.0.0.1:1', {}); // The endpoint opens with the first client.
    program.#metrics = new ScrapedMetrics(await child.url());
    return program;
  }

  /** What is recorded since `startOver`. */
  get metrics(): GrpcMetrics {
    return this.#metrics as unknown as GrpcMetrics; // The contract calls `collect` alone.
  }

  /** Counts what is recorded from now on. */
  startOver(): Promise<void> {
    return this.#metrics!.startOver();
  }

  /** A number for a server, a client or a call. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Resolves with the result of a command. */
  tell(order: Order): Promise<number> {
    const id = this.next();
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#orders.push({ ...order, id });
      if (this.#orders.length === 1) queueMicrotask(() => this.child.process.send(this.#orders.splice(0)));
    });
  }

  /** Makes a client in the program. */
  connect(address: string, limits: ClientLimits): TestClient {
    const client = this.next();
    void this.tell({ name: 'connect', client, address, limits });
    return {
      ready: async () => void (await this.tell({ name: 'ready', client })),
      start: (method, callOptions) => this.#start(client, method, callOptions),
      close: () => void this.tell({ name: 'close', client }).catch(() => {}),
    };
  }

  async stop(): Promise<void> {
    await this.#metrics?.stop();
    await this.child.kill();
  }

  #start(client: number, method: MethodName, options: CallOptions = {}): TestCall {
    const call = this.next();
    const status = deferred<string>();
    const firstMessage = deferred();
    const responses: number[] = [];
    this.#calls.set(call, (report) => {
      if ('status' in report) {
        responses.splice(0, Infinity, ...report.responses);
        status.resolve(report.status);
      } else {
        responses.push(report.response);
        firstMessage.resolve();
      }
    });
    void this.tell({ name: 'start', client, call, method, options });
    return {
      status: status.promise,
      firstMessage: firstMessage.promise,
      responses,
      send: (message = 'small') => void this.tell({ name: 'send', call, message }),
      halfClose: () => void this.tell({ name: 'halfClose', call }),
      cancel: () => void this.tell({ name: 'cancel', call }),
    };
  }

  #hear(report: Report): void {
    if ('call' in report) {
      this.#calls.get(report.call)!(report);
      return;
    }
    const answer = this.#answers.get(report.id)!;
    this.#answers.delete(report.id);
    if (report.error === undefined) answer.resolve(report.result ?? 0);
    else answer.reject(new Error(report.error));
  }
}

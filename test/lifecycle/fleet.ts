import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { numbersIn, sumOf } from '../processes/watch.ts';
import { sleep, until, untilExit } from '../support/wait.ts';

const program = fileURLToPath(new URL('./fleet-program.mjs', import.meta.url));

/** What a process of the service says. */
interface Said {
  readonly port?: number;
  readonly isReady?: boolean;
  readonly begun?: boolean;
  readonly warning?: string;
}

/** Options of `shutdownOn()`, and whether the server is bound only when the test says so. */
export interface MemberOptions {
  readonly timeoutSeconds?: number;
  readonly drainSeconds?: number;
  readonly isUnbound?: boolean;
}

/** One of several processes of a service. */
export class Member {
  readonly child: ChildProcess;
  readonly warnings: string[] = [];
  /** Of its gRPC server; 0 before it is bound. */
  port = 0;
  #isReady = false;
  #begun = 0;
  readonly #clients: Client[] = [];

  constructor(folder: string, metricsPort: number, options: MemberOptions = {}) {
    const args = [folder, `${metricsPort}`, JSON.stringify(options)];
    this.child = fork(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('error', () => {}); // a message to one that has just ended
    this.child.on('message', ({ port, isReady = false, begun = false, warning }: Said) => {
      if (port !== undefined) this.port = port;
      this.#isReady ||= isReady;
      if (begun) this.#begun += 1;
      if (warning !== undefined) this.warnings.push(warning);
    });
  }

  async ready(): Promise<this> {
    await until(
      () => this.#isReady,
      () => 'a process of the service did not start',
    );
    return this;
  }

  async bind(): Promise<void> {
    this.child.send({ bind: true });
    await until(
      () => this.port !== 0,
      () => 'a server was not bound',
    );
  }

  block(milliseconds: number): void {
    this.child.send({ block: milliseconds });
  }

  /** Begins a call that takes so long, in milliseconds. Resolves when its handler runs. */
  async begin(milliseconds: number): Promise<{ readonly isOk: Promise<boolean> }> {
    const begun = this.#begun + 1;
    const isOk = this.call(milliseconds);
    await until(
      () => this.#begun >= begun,
      () => 'a call did not arrive',
    );
    return { isOk };
  }

  /** Makes a call that takes so long, in milliseconds. Resolves with whether it ended OK. */
  call(milliseconds = 0): Promise<boolean> {
    const client = new Client(`127.0.0.1:${this.port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#clients.push(client);
    const same = (bytes: Buffer) => bytes;
    return new Promise((resolve) => {
      client.makeUnaryRequest('/test.Echo/Say', same, same, Buffer.from(`${milliseconds}`), (error) =>
        resolve(error === null),
      );
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when it has ended. */
  async exit(): Promise<number | null> {
    await untilExit(this.child);
    return this.child.exitCode;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.child.kill('SIGKILL');
    await this.exit();
  }
}

/** Scrapes as Prometheus does, and remembers what it has seen last. */
export class TestScraper {
  /** Calls that ended OK, as of the last scrape. */
  calls = 0;
  scrapes = 0;
  #isStopped = false;
  readonly #loop: Promise<void>;

  constructor(port: number, milliseconds = 300) {
    this.#loop = this.#scrape(`http://127.0.0.1:${port}/metrics`, milliseconds);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #scrape(url: string, milliseconds: number): Promise<void> {
    const headers = {
      'user-agent': 'Prometheus/3.5.0',
      'x-prometheus-scrape-timeout-seconds': '5',
      connection: 'close',
    };
    while (!this.#isStopped) {
      try {
        const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
        const scraped = numbersIn(await response.text());
        this.calls = sumOf(scraped, 'grpc_requests_total', 'status="OK"');
        this.scrapes += 1;
      } catch {
        // Nobody answers.
      }
      await sleep(milliseconds);
    }
  }
}

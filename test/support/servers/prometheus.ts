import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, createApi } from './prometheus-api.ts';
import { type PrometheusConfig, prometheusConfig } from './prometheus-config.ts';
import { startProcess } from './server-process.ts';

/** A Prometheus for a test: the binary, what it scrapes and how. */
export interface PrometheusOptions extends PrometheusConfig {
  /** Path of the binary, 2.42 or later. */
  readonly binary: string;
  /** More command line flags. */
  readonly flags?: readonly string[];
  /** Bound for the start, in milliseconds. Past it `startPrometheus` fails with the tail of the log. */
  readonly startTimeoutMs?: number;
  /** Where ports come from, asked again when one turns out to be taken. */
  readonly nextPort?: () => Promise<number>;
}

/** A Prometheus that runs until `stop`. */
export interface RunningPrometheus extends Api {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** Folder of its storage and configuration, removed by `stop`. */
  readonly folder: string;
  /** The end of its log. */
  log(): string;
  /** Ends it and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/** How often another port is tried when the port was taken in the meantime. */
const ATTEMPTS = 3;
/** How long it may take to end after SIGTERM, in milliseconds. */
const STOP_MS = 5_000;

/** Starts a Prometheus on a free port of 127.0.0.1 with a storage of its own; resolves when it is ready. */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const { startTimeoutMs = 15_000 } = options;
  const deadline = Date.now() + startTimeoutMs;
  for (let attempt = 1; ; attempt++) {
    const server = await launch(options);
    const outcome = await waitUntilReady(server, deadline);
    if (outcome === 'ready') return server;
    await server.stop();
    if (attempt >= ATTEMPTS || outcome === 'late') {
      throw new Error(`${options.binary} did not become ready (${outcome}, attempt ${attempt}):\n${server.log()}`);
    }
  }
}

interface Launched extends RunningPrometheus {
  hasEnded(): boolean;
}

async function launch({ binary, flags = [], nextPort = freePort, ...config }: PrometheusOptions): Promise<Launched> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'grpc-vitals-prometheus-')));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const configFile = join(folder, 'prometheus.yml');
  // YAML is a superset of JSON.
  await writeFile(configFile, JSON.stringify(prometheusConfig(config)));
  const port = await nextPort();
  const server = await startProcess(
    binary,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // Hidden, 5 s by default: how long new targets wait for their first scrape.
      '--scrape.discovery-reload-interval=100ms',
      ...flags,
    ],
    folder,
  ).catch(async (error: unknown) => {
    await removeFolder();
    throw error;
  });

  let stopped: Promise<void> | undefined;
  const end = async () => {
    await server.end(STOP_MS);
    await removeFolder();
  };
  const url = `http://127.0.0.1:${port}`;
  return {
    ...createApi(url),
    url,
    folder,
    log: () => server.log(),
    hasEnded: () => server.hasEnded(),
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

async function waitUntilReady(server: Launched, deadline: number): Promise<'ready' | 'ended' | 'foreign' | 'late'> {
  while (Date.now() < deadline) {
    if (server.hasEnded()) return 'ended';
    const folder = await workingFolder(server.url);
    if (folder === server.folder) return 'ready';
    // A port that was taken is only a line in the log: another server answers then.
    if (folder !== undefined) return 'foreign';
    await sleep(30);
  }
  return 'late';
}

/** The folder in which the Prometheus at `url` runs, '' for another kind of server, undefined until it is ready. */
async function workingFolder(url: string): Promise<string | undefined> {
  try {
    const ready = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
    await ready.arrayBuffer();
    if (ready.status === 503) return undefined;
    const info = await fetch(`${url}/api/v1/status/runtimeinfo`, { signal: AbortSignal.timeout(2_000) });
    const body = info.ok ? ((await info.json()) as { data?: { CWD?: string } }) : {};
    return body.data?.CWD ?? '';
  } catch {
    return undefined;
  }
}

/** A port of 127.0.0.1 that is free now. Another process may take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './prometheus.ts';
import { createApi, type Sample } from './prometheus-api.ts';
import { startProcess } from './server-process.ts';

/** A VictoriaMetrics that runs until `stop`. */
export interface RunningVictoriaMetrics {
  /** What it answers for an expression as soon as that has a value; fails after 15 s. */
  eventually(expr: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** Starts a single-node VictoriaMetrics that scrapes `http://<target>/metrics`, with a storage of its own. */
export async function startVictoriaMetrics(binary: string, target: string): Promise<RunningVictoriaMetrics> {
  const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-victoria-'));
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'test', static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(folder, 'scrape.yml'), JSON.stringify(config));
  const port = await freePort();
  const server = await startProcess(
    binary,
    [
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-promscrape.config=${join(folder, 'scrape.yml')}`,
      '-search.latencyOffset=0s',
    ],
    folder,
  );
  const api = createApi(`http://127.0.0.1:${port}`);
  return {
    async eventually(expr) {
      for (const start = Date.now(); Date.now() - start < 15_000; await sleep(100)) {
        if (server.hasEnded()) break;
        const samples = await api.query(expr).catch(() => []); // it does not listen yet
        if (samples.length > 0) return samples;
      }
      throw new Error(`${binary} has no ${expr}:\n${server.log()}`);
    },
    async stop() {
      await server.end(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

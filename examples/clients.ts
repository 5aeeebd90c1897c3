import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrafficOrder } from './demo-traffic.ts';

/** How long the clients may take to finish, in milliseconds. */
const CLOSE_MS = 3000;

export interface Clients {
  /** Where their own metrics are: `http://localhost:8001/metrics`. Undefined when they ended before they could say. */
  readonly metricsUrl: Promise<string | undefined>;
  /** The exit code, when they end by themselves: something is wrong. */
  readonly ended: Promise<number | null>;
  /** Ends the traffic; resolves when the clients have printed their books and the process is gone. */
  close(): Promise<void>;
}

/** Starts the clients in a process of their own. */
export function startClients(order: TrafficOrder): Clients {
  const file = `demo-traffic${extname(import.meta.url)}`; // bundled it is no TypeScript
  const child = fork(fileURLToPath(new URL(file, import.meta.url)));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const said = once(child, 'message').then(([url]) => url as string);
  child.send(order);
  return {
    metricsUrl: Promise.race([said, ended.then(() => undefined)]),
    ended,
    close: async () => {
      if (child.connected) child.send('stop');
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** `main.go` while it runs. */
export interface GoProgram {
  /** `host:port` of its gRPC server. */
  readonly target: string;
  /** Makes a call with its own client; resolves to the code. */
  call(target: string, method: string, requests: readonly number[]): Promise<number>;
  scrape(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it; it ends with this process at the latest. */
export async function startGoProgram(binary: string): Promise<GoProgram> {
  const child: ChildProcess = spawn(binary, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
  const [target, http] = String(line).split(' ');
  if (http === undefined) throw new Error(`${binary} did not start: ${String(line)}`);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://${http}${path}`, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
    return text;
  };
  return {
    target: target!,
    call: async (to, method, requests) =>
      Number(await get(`/call?target=${to}&method=${method}&requests=${requests.join('+')}`)),
    scrape: () => get('/metrics'),
    stop: async () => {
      child.stdin!.end();
      await ended;
    },
  };
}

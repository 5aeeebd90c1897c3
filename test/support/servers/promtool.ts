import { spawn } from 'node:child_process';

/** Every field has a default; the default is in the signature of `run`. */
export interface RunOptions {
  /** What the program reads from its standard input. */
  readonly input?: string | Uint8Array;
  /** Folder that it runs in. */
  readonly cwd?: string;
  /** It is killed after this many milliseconds, and `run` fails. */
  readonly timeoutMs?: number;
}

/** How a program ended. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Any exit code is a result; fails when it does not start, is killed or takes too long. */
export async function run(
  binary: string,
  args: readonly string[],
  { input = '', cwd = process.cwd(), timeoutMs = 15_000 }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that ends without reading all of its input breaks the pipe; its exit code says what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const result = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (code !== null) return resolve({ code, ...result });
      reject(new Error(`${binary} ${args.join(' ')} ended by ${signal} (bound: ${timeoutMs} ms)\n${result.stderr}`));
    });
  });
}

/** What promtool says of an exposition in the text format. `ok` is false for a lint remark as for an error. */
export async function checkMetrics(
  promtool: string,
  text: string | Uint8Array,
): Promise<{ ok: boolean; output: string }> {
  const { code, stdout, stderr } = await run(promtool, ['check', 'metrics'], { input: text });
  return { ok: code === 0, output: stdout + stderr };
}

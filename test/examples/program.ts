import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of `examples/` that a test has started. */
export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far, on both outputs. */
  readonly output: () => string;
  /** The first match in what it prints; rejects when the program ends without it. */
  readonly printed: (pattern: RegExp) => Promise<RegExpMatchArray>;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends it the hard way, if it still runs. */
  readonly kill: () => void;
}

/** Starts `examples/<name>.ts` as `npm run` does, without the build. */
export function start(name: string, ...options: string[]): Program {
  const path = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const grown = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      grown.emit('grown');
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    ended,
    output: () => output,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match);
        };
        grown.on('grown', look);
        look();
        void ended.then(() => reject(new Error(`${name} ended and did not print ${pattern}:\n${output}`)));
      }),
    kill: () => void (child.exitCode === null && child.kill('SIGKILL')),
  };
}

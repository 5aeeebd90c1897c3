import type { Host } from '../../src/cli/host.ts';
import { runProgram } from '../../src/cli/program.ts';

/** How a command ended that ran in this process. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `grpc-vitals` with these arguments in this process: real fetch and clock, no terminal, unless `host` says otherwise. `run` is the program. */
export async function runCommand(args: readonly string[], host: Partial<Host> = {}, run = runProgram): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    fetch,
    now: () => performance.now() / 1000,
    sleep: async () => {},
    interrupted: new AbortController().signal,
    terminal: undefined,
    ...host,
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** A `fetch` that answers with these texts by URL, each call with the next one and then again with the last. */
export function fakeFetch(answers: Readonly<Record<string, readonly (string | Error)[]>>): typeof fetch {
  const asked = new Map<string, number>();
  return async (input) => {
    const url = typeof input === 'string' ? input : 'what is no text';
    const texts = answers[url];
    if (texts === undefined) throw new Error(`nobody asks for ${url}`);
    const index = asked.get(url) ?? 0;
    asked.set(url, index + 1);
    const text = texts[Math.min(index, texts.length - 1)]!;
    if (text instanceof Error) throw text;
    return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
  };
}

/** What `fetch` throws when nobody listens. */
export const refused: Error = new TypeError('fetch failed', {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
});

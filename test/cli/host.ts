import type { Host } from '../../src/cli/host.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Answer, type Request, request } from '../../src/cli/request.ts';

/** How a command ended that ran in this process. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `grpc-vitals` with these arguments in this process: real requests and clock, no terminal, unless `host` says otherwise. `run` is the program. */
export async function runCommand(args: readonly string[], host: Partial<Host> = {}, run = runProgram): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    request,
    now: () => performance.now() / 1000,
    wallClock: () => Date.now() / 1000,
    sleep: async () => {},
    interrupted: new AbortController().signal,
    terminal: undefined,
    ...host,
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** Answers to requests by URL, each with the next text and then again with the last. */
export function fakeRequest(answers: Readonly<Record<string, readonly (string | Error)[]>>): Request {
  const asked = new Map<string, number>();
  return async (url) => {
    const texts = answers[url];
    if (texts === undefined) throw new Error(`nobody asks for ${url}`);
    const index = asked.get(url) ?? 0;
    asked.set(url, index + 1);
    const text = texts[Math.min(index, texts.length - 1)]!;
    if (text instanceof Error) throw text;
    return answerOf(text);
  };
}

/** An answer in the text format, unless its headers say otherwise. */
export function answerOf(
  text: string | Uint8Array,
  headers: Readonly<Record<string, string>> = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
): Answer {
  return { status: 200, headers, body: bodyOf(text), cancel: () => {} };
}

async function* bodyOf(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  if (text.length > 0) yield Buffer.from(text);
}

/** What a request rejects with when nobody listens. */
export const refused: Error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

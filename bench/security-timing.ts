import { request } from 'node:http';
import { hashSync } from 'bcryptjs';
import { GrpcMetrics } from 'grpc-vitals';
import { Tokens } from '../src/http/users/tokens.ts';

const rounds = 301;
const timesEach = 500;

/** What answers take for guesses that are more or less right: whoever guesses must not learn from it. */
export async function timing(): Promise<void> {
  console.log('\nTime of a guess, over that of the first row within a round: median (10th to 90th percentile)');
  console.log('| guess | time |');
  console.log('| --- | --- |');
  for (const row of [...tokenRows(), ...(await userRows())]) console.log(`| ${row} |`);
}

function tokenRows(): string[] {
  const token = 'a1b2c3d4'.repeat(8);
  const tokens = new Tokens([token, 'another-token-of-some-length']);
  const guesses: Readonly<Record<string, string>> = {
    'a token of which nothing is right': 'z'.repeat(64),
    'a token of which all but the last character is right': `${token.slice(0, -1)}z`,
    'a token that is right': token,
  };
  let right = 0;
  const measured = Object.fromEntries(Object.keys(guesses).map((name) => [name, [] as number[]]));
  for (let round = -100; round < rounds; round += 1) {
    for (const [name, guess] of Object.entries(guesses)) {
      const start = process.hrtime.bigint();
      for (let time = 0; time < timesEach; time += 1) if (tokens.has(guess)) right += 1;
      if (round >= 0) measured[name]!.push(Number(process.hrtime.bigint() - start) / timesEach);
    }
  }
  if (right === 0) throw new Error('no token was right');
  return rowsOf(measured, (nanoseconds) => `${(nanoseconds / 1000).toFixed(2)} us`);
}

/** Over real connections, each from an address of its own, as an address has few attempts. */
async function userRows(): Promise<string[]> {
  const metrics = new GrpcMetrics();
  const users = { prometheus: hashSync('open sesame', 8), alice: hashSync('wonderland', 8) };
  const { port } = await metrics.expose({ port: 0, host: '127.0.0.1', users });
  let asked = 0;
  const ask = (user: string): Promise<number> => {
    asked += 1;
    const localAddress = `127.2.${Math.floor(asked / 250)}.${(asked % 250) + 1}`;
    const auth = `${user}:a wrong password ${asked}`;
    const start = performance.now();
    return new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', localAddress, path: '/metrics', auth, agent: false }, (response) => {
        response.resume();
        if (response.statusCode !== 401) reject(new Error(`the answer was ${response.statusCode}`));
        response.once('close', () => resolve(performance.now() - start));
      })
        .on('error', reject)
        .end();
    });
  };
  const measured = { 'a user who exists': [] as number[], 'a user who does not exist': [] as number[] };
  await ask('prometheus');
  for (let round = 0; round < 41; round += 1) {
    for (const [name, user] of [
      ['a user who exists', 'prometheus'],
      ['a user who does not exist', 'mallory'],
    ] as const) {
      // After each wrong password the thread rests as long as it worked.
      await new Promise((resolve) => setTimeout(resolve, 200));
      measured[name].push(await ask(user));
    }
  }
  await metrics.close();
  return rowsOf(measured, (milliseconds) => `${milliseconds.toFixed(1)} ms`);
}

function rowsOf(measured: Readonly<Record<string, readonly number[]>>, show: (value: number) => string): string[] {
  const first = Object.values(measured)[0]!;
  return Object.entries(measured).map(([name, values]) => {
    const ratios = values.map((value, round) => value / first[round]!);
    const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantile(ratios, share).toFixed(2));
    return `${name} | ${show(quantile(values, 0.5))}, ${middle} (${low} to ${high})`;
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)]!;
}

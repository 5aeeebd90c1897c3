import { hashSync } from 'bcryptjs';
import { afterEach, expect, test } from 'vitest';
import { type ExposeOptions, GrpcMetrics, type MetricsEndpoint } from '../../src/index.ts';
import { basic, bearer, request } from './request.ts';

const password = 'open sesame: ü €';
const token = 'a-token-of-more-than-16-characters';
const users = { prometheus: hashSync(password, 4), alice: hashSync('wonderland', 4) };

const closing: GrpcMetrics[] = [];
const warnings: string[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
  warnings.length = 0;
});

async function open(options: ExposeOptions = { users }): Promise<MetricsEndpoint> {
  const metrics = new GrpcMetrics({ logger: { warn: (message) => warnings.push(message) } });
  closing.push(metrics);
  return metrics.expose({ port: 0, host: '127.0.0.1', ...options });
}

const right = basic('prometheus', password);

const passwords: [name: string, headers: Record<string, string>, status: number][] = [
  ['the right password', right, 200],
  ['the right password of another user', basic('alice', 'wonderland'), 200],
  ['a scheme in lower case', { authorization: right.authorization.replace('Basic', 'basic') }, 200],
  ['no password', {}, 401],
  ['an empty header', { authorization: '' }, 401],
  ['a wrong password', basic('prometheus', 'open sesame'), 401],
  ['an empty password', basic('prometheus', ''), 401],
  ['the password of another user', basic('alice', password), 401],
  ['a user who does not exist', basic('mallory', password), 401],
  ['a user whom every object has', basic('__proto__', password), 401],
  ['a user in capitals', basic('Prometheus', password), 401],
  ['the hash as the password', basic('prometheus', users.prometheus), 401],
  ['a password with a zero byte behind it', basic('prometheus', `${password}\0`), 401],
  ['no colon', { authorization: `Basic ${Buffer.from('prometheus').toString('base64')}` }, 401],
  ['what is not base64', { authorization: 'Basic !!!' }, 401],
  ['another scheme', { authorization: right.authorization.replace('Basic', 'Digest') }, 401],
  ['bytes that are not UTF-8', { authorization: `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}` }, 401],
  ['a token', bearer(token), 401],
  ['the header of proxies', { 'proxy-authorization': right.authorization }, 401],
];
test.each(passwords)('a scrape with %s', async (_name, headers, status) => {
  const endpoint = await open();
  const answered = await request(`${endpoint.url}/metrics`, { headers });
  expect(answered.status).toBe(status);
  if (status === 200) return;
  expect(answered.headers['www-authenticate']).toBe('Basic realm="metrics", charset="UTF-8"');
  expect(answered.body).toBe('unauthorized\n');
});

const tokens: [name: string, headers: Record<string, string>, status: number][] = [
  ['the right token', bearer(token), 200],
  ['the second token', bearer(token.toUpperCase()), 200],
  ['a scheme in capitals', { authorization: `BEARER ${token}` }, 200],
  ['no token', {}, 401],
  ['a wrong token', bearer(`${token.slice(0, -1)}x`), 401],
  ['the beginning of a token', bearer(token.slice(0, -1)), 401],
  ['a longer token', bearer(`${token}x`), 401],
  ['a password', right, 401],
];
test.each(tokens)('a scrape with %s', async (_name, headers, status) => {
  const endpoint = await open({ tokens: [token, token.toUpperCase()] });
  const answered = await request(`${endpoint.url}/metrics`, { headers });
  expect(answered.status).toBe(status);
  if (status === 401) expect(answered.headers['www-authenticate']).toBe('Bearer realm="metrics"');
});

test('with users and tokens one of both is enough', async () => {
  const endpoint = await open({ users, tokens: [token] });
  const statusWith = async (headers: Record<string, string>) =>
    (await request(`${endpoint.url}/metrics`, { headers })).status;
  expect([await statusWith(right), await statusWith(bearer(token)), await statusWith({})]).toEqual([200, 200, 401]);
});

/** Targets as a client may write them; none of them may show more than the status says. */
const targets: [target: string, method: string, status: number][] = [
  ['/metrics', 'GET', 401],
  ['/metrics', 'HEAD', 401],
  ['/metrics', 'POST', 401],
  ['/metrics', 'OPTIONS', 401],
  ['/', 'GET', 401],
  ['/live', 'GET', 401],
  ['/nothing', 'GET', 401],
  ['//metrics', 'GET', 401],
  ['/./metrics', 'GET', 401],
  ['/metrics/', 'GET', 401],
  ['/%6detrics', 'GET', 401],
  ['/metrics?x=/-/healthy', 'GET', 401],
  ['/metrics#/-/healthy', 'GET', 401],
  ['/-/healthy/../metrics', 'GET', 401],
  ['/-/healthy/../../metrics', 'GET', 401],
  ['/-/healthy%2f..%2fmetrics', 'GET', 401],
  ['/-/healthy/', 'GET', 401],
  ['/-/healthy;/metrics', 'GET', 401],
  ['/-/healthy\\..\\metrics', 'GET', 401],
  ['/-/HEALTHY', 'GET', 401],
  ['http://localhost/metrics', 'GET', 401],
  ['http://localhost/-/healthy/../metrics', 'GET', 401],
  ['http://user:password@localhost/metrics', 'GET', 401],
  ['*', 'OPTIONS', 401],
  ['/-/healthy', 'GET', 200],
  ['/-/ready', 'GET', 200],
  ['/-/healthy?x=/metrics', 'GET', 200],
  ['http://localhost/-/healthy', 'GET', 200],
];
test.each(targets)('without a user %s is %s %i', async (path, method, status) => {
  const endpoint = await open();
  const answered = await request(endpoint.url, { path, method });
  expect(answered.status).toBe(status);
  expect(answered.body).toEqual(
    method === 'HEAD' ? '' : status === 200 ? expect.stringMatching(/^(healthy|ready)\n$/) : 'unauthorized\n',
  );
});

test('with a user the page, its stream and a path that does not exist answer as ever', async () => {
  const endpoint = await open();
  const page = await request(`${endpoint.url}/`, { headers: right });
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await request(`${endpoint.url}/nothing`, { headers: right })).status).toBe(404);
  const stream = await request(`${endpoint.url}/live`, { headers: right, method: 'HEAD' });
  expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
});

test('protectProbes puts the probes behind the users', async () => {
  const endpoint = await open({ users, protectProbes: true });
  expect((await request(`${endpoint.url}/-/healthy`)).status).toBe(401);
  expect((await request(`${endpoint.url}/-/healthy`, { headers: right })).status).toBe(200);
});

test('guessing: after ten wrong passwords an address gets 429, and a known right one goes on', async () => {
  const endpoint = await open({ users, tokens: [token] });
  const scrape = (headers: Record<string, string>) => request(`${endpoint.url}/metrics`, { headers });
  expect((await scrape(right)).status).toBe(200);
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess += 1) {
    const headers = guess % 2 === 0 ? basic('prometheus', `guess ${guess}`) : bearer(`guess-${guess}-of-a-token`);
    statuses.push((await scrape(headers)).status);
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.at(-1)).toBe(429);
  const refused = await scrape(basic('alice', 'guess'));
  expect(refused).toMatchObject({ status: 429, body: expect.stringContaining('too many wrong passwords') });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect((await scrape(bearer(token))).status).toBe(200);
  const { status, body } = await scrape(right);
  expect(status).toBe(200);
  expect(body).toContain('grpc_vitals_endpoint_requests_refused_total{reason="credentials"} 10\n');
});

test('sixty wrong passwords at once: a few are compared, the others are refused at once', async () => {
  const endpoint = await open({ users: { prometheus: hashSync(password, 8) } });
  const guesses = Array.from({ length: 60 }, (_, guess) =>
    request(`${endpoint.url}/metrics`, { headers: basic('prometheus', `guess ${guess}`) }),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  // On a slow machine so many have been compared that the address gets 429 for the rest.
  expect(new Set([...statuses, 429])).toEqual(new Set([401, 429, 503]));
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
});

test('a comparison does not hold the event loop', { timeout: 60_000 }, async () => {
  const endpoint = await open({ users: { prometheus: hashSync(password, 11) } });
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  expect((await request(`${endpoint.url}/metrics`, { headers: right })).status).toBe(200);
  clearInterval(turning);
  // It takes 200 ms at least. On the loop there would be a handful of turns, as before and after it.
  expect(turns).toBeGreaterThan(30);
});

/** Go compares what is longer than 72 bytes by its first 72 bytes. */
test('a password of more than 72 bytes counts by its first 72', async () => {
  const long = 'x'.repeat(72);
  const endpoint = await open({ users: { prometheus: hashSync(`${long}abc`, 4) } });
  const statusOf = async (tried: string) =>
    (await request(`${endpoint.url}/metrics`, { headers: basic('prometheus', tried) })).status;
  expect([await statusOf(`${long}abc`), await statusOf(`${long}other`), await statusOf(long.slice(1))]).toEqual([
    200, 200, 401,
  ]);
});

test.each(['$2a$', '$2b$', '$2y$'])('a hash that begins with %s', async (version) => {
  const endpoint = await open({ users: { prometheus: version + users.prometheus.slice(4) } });
  expect((await request(`${endpoint.url}/metrics`, { headers: right })).status).toBe(200);
});

test('no secret is in any answer, error, warning or metric', async () => {
  const secrets = [password, token, ...Object.values(users), 'guess-number-one'];
  const seen: string[] = [];
  const endpoint = await open({ users, tokens: [token] });
  for (const headers of [right, bearer(token), basic('prometheus', 'guess-number-one'), bearer('guess-number-one')]) {
    for (const path of ['/metrics', '/', '/nothing', '/-/healthy']) {
      const answered = await request(`${endpoint.url}${path}`, { headers });
      seen.push(answered.body, JSON.stringify(answered.headers));
    }
  }
  const wrong = [
    { users: { a: `${users.alice}x` } },
    { users: { a: password } },
    { users: [users.alice] },
    { users: users.alice },
    { users: { [`a:${password}`]: users.alice } },
    { tokens: ['short secret'] },
    { tokens: token },
    { tokens: [token, `${token} with a space`] },
  ];
  for (const options of wrong) {
    const error: Error = await open(options as ExposeOptions).then(
      () => expect.fail('it was accepted'),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'invalid_option' });
    seen.push(String(error.stack), JSON.stringify(error));
  }
  const everything = [...seen, ...warnings].join('\n');
  expect(everything).toContain('invalid_option');
  for (const secret of [...secrets, 'short secret', `${users.alice}x`]) expect(everything).not.toContain(secret);
});

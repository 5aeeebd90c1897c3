import { hashSync } from 'bcryptjs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readSecurity } from '../../../src/http/web-config/protect.ts';
import { type ExposeOptions, GrpcMetrics, type MetricsEndpoint } from '../../../src/index.ts';
import { type Authority, createAuthority, Files, type Pair } from '../certificates.ts';
import { basic, bearer, request } from '../request.ts';

const files = new Files();
const hash = hashSync('secret password', 4);
const right = basic('prometheus', 'secret password');
let authority: Authority;
let client: Pair;
let foreign: Pair;

beforeAll(async () => {
  authority = await createAuthority();
  const server = await authority.issue();
  client = await authority.issue({ use: 'client', names: [{ dns: 'prometheus' }] });
  foreign = await (await createAuthority()).issue({ use: 'client', names: [{ dns: 'prometheus' }] });
  files.write('server.crt', server.cert);
  files.write('server.key', server.key);
  files.write('ca.crt', authority.cert);
});
afterAll(() => files.remove());

const warnings: string[] = [];
const closing: GrpcMetrics[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
  warnings.length = 0;
});

async function open(text: string, options: ExposeOptions = {}): Promise<MetricsEndpoint> {
  const metrics = new GrpcMetrics({ logger: { warn: (message) => warnings.push(message) } });
  closing.push(metrics);
  const webConfig = files.write('web.yml', text);
  return metrics.expose({ port: 0, host: '127.0.0.1', webConfig, ...options });
}

const tls = 'tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n';

test.each([
  ['YAML', `${tls}basic_auth_users:\n  prometheus: ${hash}\n`],
  [
    'JSON',
    JSON.stringify({
      tls_server_config: { cert_file: 'server.crt', key_file: 'server.key' },
      basic_auth_users: { prometheus: hash },
    }),
  ],
])('TLS and users of a file in %s, with paths relative to it', async (_name, text) => {
  const endpoint = await open(text);
  expect(endpoint.url).toMatch(/^https:/);
  const statusOf = async (headers: Record<string, string>) =>
    (await request(`${endpoint.url}/metrics`, { ca: authority.cert, headers })).status;
  expect([await statusOf(right), await statusOf(basic('prometheus', 'wrong')), await statusOf({})]).toEqual([
    200, 401, 401,
  ]);
  expect((await request(`${endpoint.url}/-/healthy`, { ca: authority.cert })).status).toBe(200);
  expect(warnings).toEqual([]);
});

test('the stream of the live page ends when its user is removed, and not before', async () => {
  const endpoint = await open(`basic_auth_users:\n  prometheus: ${hash}\n`);
  const answer = await fetch(`${endpoint.url}/live`, { headers: right });
  const reader = answer.body!.getReader();
  let frames = 0;
  const ended = (async () => {
    for (; !(await reader.read()).done; frames += 1);
    return 'ended';
  })();
  // The files are looked at every 5 s, and read the first time.
  await expect.poll(() => frames).toBeGreaterThan(7);
  expect(await Promise.race([ended, Promise.resolve('open')])).toBe('open');
  files.write('web.yml', `basic_auth_users:\n  other: ${hash}\n`);
  expect(await ended).toBe('ended');
  expect((await fetch(`${endpoint.url}/live`, { headers: right })).status).toBe(401);
});

test('tokens by code beside the users of the file', async () => {
  const token = 'a-token-of-more-than-16-characters';
  const endpoint = await open(`basic_auth_users:\n  prometheus: ${hash}\n`, { tokens: [token] });
  const statusOf = async (headers: Record<string, string>) =>
    (await request(`${endpoint.url}/metrics`, { headers })).status;
  expect([await statusOf(right), await statusOf(bearer(token)), await statusOf({})]).toEqual([200, 200, 401]);
});

/** Whether a client gets an answer: with a certificate of the authority, with a foreign one, and with none. */
const policies: [type: string, more: string, own: boolean, foreign: boolean, none: boolean][] = [
  ['NoClientCert', '', true, true, true],
  ['RequestClientCert', '', true, true, true],
  ['RequireClientCert', '', true, true, false],
  ['RequireAnyClientCert', '', true, true, false],
  ['VerifyClientCertIfGiven', '  client_ca_file: ca.crt\n', true, false, true],
  ['RequireAndVerifyClientCert', '  client_ca_file: ca.crt\n', true, false, false],
  ['RequireAndVerifyClientCert', '  client_ca_file: ca.crt\n  client_allowed_sans: [other]\n', false, false, false],
  ['RequireAnyClientCert', '  client_allowed_sans: [prometheus]\n', true, true, false],
  ['RequestClientCert', '  client_allowed_sans: [prometheus]\n', true, true, false],
  ['VerifyClientCertIfGiven', '  client_ca_file: ca.crt\n  client_allowed_sans: [prometheus]\n', true, false, false],
  ['RequireAnyClientCert', '  client_allowed_sans: []\n', false, false, false],
  ['RequireAndVerifyClientCert', '', false, false, false],
];
test.each(policies)('client_auth_type %s%s', async (type, more, own, other, none) => {
  const endpoint = await open(`${tls}  client_auth_type: ${type}\n${more}`);
  const isAnswered = (pair: Pair | object) =>
    request(`${endpoint.url}/metrics`, { ca: authority.cert, ...pair }).then(
      ({ status }) => status === 200,
      () => false,
    );
  expect([await isAnswered(client), await isAnswered(foreign), await isAnswered({})]).toEqual([own, other, none]);
});

const handshakes: [name: string, more: string, options: object, ok: boolean][] = [
  ['the least version', '  min_version: TLS13\n', { maxVersion: 'TLSv1.2' }, false],
  ['the greatest version', '  max_version: TLS12\n', { minVersion: 'TLSv1.3' }, false],
  ['a cipher suite', '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n', { maxVersion: 'TLSv1.2' }, true],
  [
    'another cipher suite',
    '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n',
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
    false,
  ],
  [
    'TLS 1.3 beside a cipher suite of 1.2',
    '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n',
    { minVersion: 'TLSv1.3' },
    true,
  ],
  ['a curve', '  curve_preferences: [CurveP384]\n', { ecdhCurve: 'P-384' }, true],
  ['another curve', '  curve_preferences: [CurveP384]\n', { ecdhCurve: 'X25519' }, false],
];
test.each(handshakes)('a handshake with %s', async (_name, more, options, ok) => {
  const endpoint = await open(tls + more);
  const answered = request(`${endpoint.url}/metrics`, { ca: authority.cert, ...options });
  if (ok) expect((await answered).status).toBe(200);
  else await expect(answered).rejects.toThrow();
});

test('headers are on every answer, and do not replace the policy of the page', async () => {
  const headers = {
    'Strict-Transport-Security': 'max-age=60\r\nInjected: yes',
    'X-Frame-Options': 'deny',
    'Content-Security-Policy': "default-src 'none'",
  };
  const endpoint = await open(JSON.stringify({ http_server_config: { headers } }));
  for (const path of ['/metrics', '/', '/nothing', '/-/healthy']) {
    const answered = await request(`${endpoint.url}${path}`);
    expect(answered.headers).toMatchObject({
      'strict-transport-security': 'max-age=60  Injected: yes',
      'x-frame-options': 'deny',
    });
    expect(answered.headers.injected).toBeUndefined();
    const policy = answered.headers['content-security-policy'];
    if (path === '/') expect(policy).toContain('script-src');
    else expect(policy).toBe("default-src 'none'");
  }
});

test('the rate limit is for all clients together, before users, and not for probes', async () => {
  const endpoint = await open('rate_limit:\n  interval: 1h\n  burst: 2\n');
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await request(`${endpoint.url}/metrics`)).status);
  expect(statuses).toEqual([200, 200, 429, 429]);
  const refused = await request(`${endpoint.url}/metrics`);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000);
  expect((await request(`${endpoint.url}/-/healthy`)).status).toBe(200);
});

test.each(['$2z$', '$2$', '$2y$'])('a password whose hash begins with %s is compared as Go does', async (version) => {
  const endpoint = await open(`basic_auth_users:\n  prometheus: ${version}${hash.slice(4)}\n`);
  expect((await request(`${endpoint.url}/metrics`, { headers: right })).status).toBe(200);
});

const remarks: [name: string, text: string, remark: string][] = [
  ['versions alone', 'tls_server_config:\n  min_version: TLS13\n', 'the endpoint speaks plain HTTP'],
  ['names without a policy', `${tls}  client_allowed_sans: [a]\n`, 'client_allowed_sans has no effect'],
  ['no authority', `${tls}  client_auth_type: RequireAndVerifyClientCert\n`, 'any public authority is valid'],
  ['versions the wrong way round', `${tls}  min_version: TLS13\n  max_version: TLS12\n`, 'no client can connect'],
];
test.each(remarks)('what protects less than it seems to is a warning: %s', async (_name, text, remark) => {
  await open(text);
  expect(warnings).toEqual([expect.stringContaining(remark)]);
});

test.runIf(process.platform === 'linux')('a file with a key that others can read gets a warning', async () => {
  const text = JSON.stringify({ tls_server_config: { cert: client.cert, key: client.key } });
  await readSecurity(files.write('open.json', text, 0o644));
  const metrics = new GrpcMetrics({ logger: { warn: (message) => warnings.push(message) } });
  closing.push(metrics);
  await metrics.expose({ port: 0, host: '127.0.0.1', webConfig: `${files.path}/open.json` });
  expect(warnings).toEqual([expect.stringMatching(/^every user of this machine can read .*open\.json \(mode 0644\)/)]);
});

test('without the package yaml a file in YAML is an error that says what to do, and JSON is read', async () => {
  const without = () => undefined;
  const yamlFile = files.write('web.yml', tls);
  await expect(readSecurity(yamlFile, without)).rejects.toMatchObject({
    code: 'invalid_web_config',
    message: `${yamlFile}: it is not JSON, and the package yaml, which reads YAML, is not installed: install it beside your service (npm install yaml), or write the file as JSON`,
  });
  const { users } = await readSecurity(files.write('web.json', '{"basic_auth_users": {}}'), without);
  expect(users.size).toBe(0);
});

test('webConfig beside tls or users is an error', async () => {
  await expect(open('{}', { users: { prometheus: hash } })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('expose() takes webConfig, or tls and users, not both'),
  });
});

test('no message shows a value of the file', async () => {
  const secret = 'hunter2-hunter2-hunter2';
  const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
  const wrong = [
    `basic_auth_users:\n  prometheus: ${secret}\n`,
    `basic_auth_users:\n  "${hash}": prometheus\n`,
    `"${hash}": 1\n`,
    `tls_server_config: ${secret}\n`,
    `tls_server_config:\n  min_version: ${secret}\n`,
    `tls_server_config:\n  cipher_suites: [${secret}]\n`,
    `tls_server_config:\n  client_auth_type: ${secret}\n  cert: a\n  key: b\n`,
    `rate_limit:\n  interval: ${secret}\n`,
    `http_server_config:\n  headers:\n    X-Frame-Options: ${secret}\n`,
    `basic_auth_users:\n  a: *${secret}\n`,
    `basic_auth_users:\n  a: "${secret}\n`,
    `{"basic_auth_users": {"a": "${secret}", }`,
    JSON.stringify({ tls_server_config: { cert: client.cert, key } }),
    JSON.stringify({ tls_server_config: { cert: `x${secret}`, key: client.key } }),
  ];
  for (const text of wrong) {
    const error: Error = await open(text).then(
      () => expect.fail(`it was accepted: ${text}`),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'invalid_web_config' });
    const shown = `${error.stack}\n${JSON.stringify(error)}\n${String((error as { cause?: Error }).cause?.stack)}`;
    for (const value of [secret, hash, 'c2VjcmV0', 'PRIVATE']) expect(shown).not.toContain(value);
  }
});

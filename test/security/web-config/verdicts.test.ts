import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTls } from '../../../src/http/tls/loaded-tls.ts';
import { readSecurity } from '../../../src/http/web-config/protect.ts';
import { describeWith } from '../../support/servers/binaries.ts';
import { run } from '../../support/servers/promtool.ts';
import { createAuthority, Files } from '../certificates.ts';
import { webConfigFiles } from './files.ts';

const files = new Files();
let texts: Record<string, string>;

beforeAll(async () => {
  const [authority, foreign] = await Promise.all([createAuthority(), createAuthority()]);
  const [server, other, expired] = await Promise.all([
    authority.issue(),
    foreign.issue(),
    authority.issue({ days: -1 }),
  ]);
  files.write('server.crt', server.cert);
  files.write('server.key', server.key);
  files.write('other.key', other.key);
  files.write('expired.crt', expired.cert);
  files.write('expired.key', expired.key);
  files.write('ca.crt', authority.cert);
  files.write('junk', 'not a certificate');
  const locked = createPrivateKey(server.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  files.write('locked.key', String(locked));
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  texts = {
    CERT_TEXT: inJson(server.cert),
    KEY_TEXT: inJson(server.key),
    EXPIRED_KEY: 'expired.key',
    OTHER_KEY: 'other.key',
    LOCKED_KEY: 'locked.key',
    EXPIRED: 'expired.crt',
    FOLDER: files.path,
    CERT: 'server.crt',
    KEY: 'server.key',
    CA: 'ca.crt',
    JUNK: 'junk',
  };
});
afterAll(() => files.remove());

const fill = (text: string) => text.replace(/\b[A-Z]+(?:_(?:TEXT|KEY))?\b/g, (word) => texts[word] ?? word);

/** The library's verdict: undefined for a good file, else the error. */
async function judge(path: string): Promise<Error | undefined> {
  try {
    const { tls, failure } = await readSecurity(path);
    if (tls !== undefined) await loadTls(tls, failure);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

test('there are at least 40 files, each with a name of its own', () => {
  expect(new Set(webConfigFiles.map(([name]) => name)).size).toBe(webConfigFiles.length);
  expect(webConfigFiles.length).toBeGreaterThanOrEqual(40);
});

describeWith(['promtool3'], 'web configurations', ({ promtool3 }) => {
  test.each(webConfigFiles)('promtool 3 judges like the library: %s', async (_name, text) => {
    const path = files.write('web.yml', fill(text));
    const { code, stderr } = await run(promtool3, ['check', 'web-config', path]);
    const error = await judge(path);
    expect(error === undefined, `library: ${error?.message ?? 'good'}\npromtool: ${stderr || 'good'}`).toBe(code === 0);
    if (error !== undefined) expect(error).toMatchObject({ name: 'MetricsError', code: 'invalid_web_config' });
  });
});

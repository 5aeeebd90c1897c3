import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import {
  type ScrapeAnswer,
  type ScrapeVerdict,
  scrapeVerdicts,
  sendAnswer,
} from '../support/servers/scrape-verdicts.ts';
import { type Endpoint, listen } from './endpoint.ts';
import { runCommand } from './host.ts';

const plain = 'text/plain; version=0.0.4; charset=utf-8';
const text = '# HELP x h\n# TYPE x gauge\nx 1\n';
const open = '# HELP a h\n# TYPE a counter\na_total 1\n# EOF\n';

/** Which Prometheus refuses an answer. */
type Refusal = '' | '3' | '23';
type AnswerRow = readonly [name: string, answer: ScrapeAnswer, refusedBy: Refusal, code: 0 | 1 | 2, says: string];

const typed = (contentType: string, refusedBy: Refusal, says = ''): AnswerRow => {
  const body = contentType.includes('openmetrics') ? open : text;
  const headers: Record<string, string> = contentType === '' ? {} : { 'content-type': contentType };
  return [`Content-Type ${contentType || 'missing'}`, { headers, body }, refusedBy, refusedBy === '' ? 0 : 1, says];
};
const coded = (
  name: string,
  coding: string,
  body: string | Uint8Array,
  refusedBy: Refusal,
  code: 0 | 1 | 2,
  says = '',
): AnswerRow => [name, { headers: { 'content-type': plain, 'content-encoding': coding }, body }, refusedBy, code, says];

const spoilt = gzipSync(text);
spoilt[spoilt.length - 6]! ^= 1;
const notAsSaid = 'its answer is not compressed as it says';
const notAsked = 'for which Prometheus does not ask';

const rows: readonly AnswerRow[] = [
  typed(plain, ''),
  typed('text/plain', ''),
  typed('TEXT/PLAIN; Version=0.0.4', ''),
  typed('text/plain; version=1.0.0; escaping=allow-utf-8', ''),
  typed('text/plain; charset=utf-16', ''),
  typed('application/openmetrics-text; version=2.0.0', ''),
  typed('', '3', 'Content-Type: the answer has no Content-Type'),
  typed('text/html; charset=utf-8', '3', '"text/html; charset=utf-8" is neither text/plain nor'),
  typed('application/json', '3', 'is neither text/plain nor'),
  typed('application/octet-stream', '3', 'is neither text/plain nor'),
  typed('text/plain;version=0.0.4;;charset', '3', 'is malformed: ";;charset" is no parameter'),
  typed('text/plain; charset=utf-8; charset=iso-8859-1', '3', 'is malformed: the parameter charset is there twice'),
  typed('application/openmetrics-text; version=1.0.0;;', '3', 'is malformed: ";;" is no parameter'),
  [
    'OpenMetrics that says it is text',
    { headers: { 'content-type': plain }, body: open.replace('# TYPE a counter\n', '') },
    '',
    0,
    'it ends as OpenMetrics',
  ],
  coded('gzip', 'gzip', gzipSync(text), '', 0),
  coded('gzip of nothing', 'gzip', gzipSync(''), '', 0),
  coded('gzip in two parts', 'gzip', Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]), '', 0),
  coded('no coding, by name', 'identity', text, '', 0),
  coded('a charset as a coding', 'utf-8', text, '', 0),
  coded('gzip in capitals', 'GZIP', gzipSync(text), '23', 1, notAsked),
  coded('gzip by its old name', 'x-gzip', gzipSync(text), '23', 1, notAsked),
  coded('deflate', 'deflate', deflateSync(text), '23', 1, notAsked),
  coded('Brotli', 'br', brotliCompressSync(text), '23', 1, notAsked),
  coded('gzip that it is not', 'gzip', text, '23', 2, notAsSaid),
  coded('gzip of no bytes', 'gzip', '', '23', 2, notAsSaid),
  coded('gzip, cut', 'gzip', gzipSync(text).subarray(0, -5), '23', 2, notAsSaid),
  coded('gzip with a wrong checksum', 'gzip', spoilt, '23', 2, notAsSaid),
  coded('gzip with padding', 'gzip', Buffer.concat([gzipSync(text), Buffer.alloc(8)]), '23', 2, notAsSaid),
  coded('gzip with more behind it', 'gzip', Buffer.concat([gzipSync(text), Buffer.from('more')]), '23', 2, notAsSaid),
  coded('gzip of gzip', 'gzip', gzipSync(gzipSync(text)), '23', 2, 'compressed in a way that it was not asked for'),
  [
    'gzip that does not say so',
    { headers: { 'content-type': plain }, body: gzipSync(text) },
    '23',
    2,
    'compressed in a way',
  ],
  [
    'a stream that is cut',
    { headers: { 'content-type': plain }, body: text, isCut: true },
    '23',
    2,
    'the connection was cut',
  ],
  [
    'a body that is shorter than it says',
    { headers: { 'content-type': plain, 'content-length': '1000' }, body: text, isCut: true },
    '23',
    2,
    'the connection was cut',
  ],
  [
    'gzip whose connection is cut',
    { headers: { 'content-type': plain, 'content-encoding': 'gzip' }, body: gzipSync(text), isCut: true },
    '23',
    2,
    'the connection was cut',
  ],
];

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await listen((request, response) => sendAnswer(response, rows[Number(request.url?.slice(1))]![1]));
});
afterAll(() => endpoint.close());

test.each(rows.map((row, index) => [...row, index] as const))(
  'check says of an answer: %s',
  async (_name, _answer, refusedBy, code, says, index) => {
    const ran = await runCommand(['check', `127.0.0.1:${endpoint.port}/${index}`]);
    expect(ran.code).toBe(code);
    expect(ran.out + ran.err).toContain(says);
    const verdict = refusedBy === '3' ? 'Prometheus 3 refuses the whole answer' : 'Prometheus refuses the whole answer';
    if (code === 1) expect(ran.out).toContain(verdict);
    else expect(ran.out).not.toContain('refuses');
  },
);

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  let old: ScrapeVerdict[];
  let current: ScrapeVerdict[];
  beforeAll(async () => {
    const answers = rows.map(([, answer]) => answer);
    old = await scrapeVerdicts(paths.prometheus, answers);
    current = await scrapeVerdicts(paths.prometheus3, answers);
  });

  test.each(rows.map((row, index) => [...row, index] as const))(
    'takes an answer, or refuses it: %s',
    (_name, _answer, refusedBy, _code, _says, index) => {
      expect([old[index], current[index]]).toMatchObject([
        { up: !refusedBy.includes('2') },
        { up: !refusedBy.includes('3') },
      ]);
    },
  );
});

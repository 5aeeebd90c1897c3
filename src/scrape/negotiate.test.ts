import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptHeaders, type Scraper } from '../../test/support/exposition/accept-headers.ts';
import type { Encoding } from '../encode/encoding.ts';
import { protobuf } from '../encode/protobuf.ts';
import { text } from '../encode/text.ts';
import { negotiate, offerAll } from './negotiate.ts';

const om1 = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const om0 = 'application/openmetrics-text; version=0.0.1; charset=utf-8';
const plain = 'text/plain; version=0.0.4; charset=utf-8';
const proto = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const scrapers: [scraper: Scraper, contentType: string][] = [
  ['Prometheus 2.42', om1],
  ['Prometheus 2.42 with native histograms', proto],
  ['Prometheus 3.5', `${om1}; escaping=allow-utf-8`],
  ['Prometheus 3.5 with native histograms', proto],
  ['Prometheus 3.5 told to ask for text', `${plain}; escaping=allow-utf-8`],
  ['VictoriaMetrics 1.79', plain],
  ['curl 7.88', plain],
  ['Chrome', plain],
];
test.each(scrapers)('negotiate: %s', (scraper, contentType) => {
  expect(negotiate(acceptHeaders[scraper]).contentType).toBe(contentType);
});

const clauses: [name: string, accept: string | undefined, contentType: string][] = [
  ['no header', undefined, plain],
  ['an empty one', '', plain],
  ['only separators', ',;,;;=,', plain],
  ['text', 'text/plain', plain],
  ['text 0.0.4', 'text/plain; version=0.0.4', plain],
  ['text 1.0.0 alone', 'text/plain;version=1.0.0', plain],
  ['text 1.0.0 before OpenMetrics', 'text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.5', om1],
  ['text of any charset', 'text/plain; charset=latin1, application/openmetrics-text;version=1.0.0;q=0.9', plain],
  ['OpenMetrics without a version', 'application/openmetrics-text', om0],
  ['OpenMetrics 0.0.1', 'application/openmetrics-text; version=0.0.1', om0],
  ['OpenMetrics 2.0.0', 'application/openmetrics-text;version=2.0.0', plain],
  [
    'OpenMetrics 2.0.0, then 1.0.0',
    'application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.1',
    om1,
  ],
  ['the highest weight', 'text/plain;q=0.1,application/openmetrics-text;version=1.0.0;q=0.2', om1],
  ['equal weights: the first', 'text/plain,application/openmetrics-text;version=1.0.0', plain],
  ['equal weights: the first, the other way', 'application/openmetrics-text;version=1.0.0,text/plain', om1],
  ['a weight of 0', 'application/openmetrics-text;version=1.0.0;q=0', plain],
  ['a weight that is none', 'application/openmetrics-text;version=1.0.0;q=x,text/plain;q=0.9', om1],
  ['a weight above 1', 'application/openmetrics-text;version=1.0.0;q=7,text/plain', om1],
  ['a wildcard before', '*/*,application/openmetrics-text;version=1.0.0;q=0.9', plain],
  ['a wildcard after', '*/*;q=0.1,application/openmetrics-text;version=1.0.0;q=0.9', om1],
  ['a wildcard of a type', 'application/*', plain],
  ['protobuf', 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited', proto],
  ['protobuf as text', 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text', plain],
  ['protobuf without an encoding', 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily', plain],
  ['protobuf without a message', 'application/vnd.google.protobuf;encoding=delimited', plain],
  ['another message', 'application/vnd.google.protobuf;proto=x.Y;encoding=delimited', plain],
  ['upper case', 'APPLICATION/OpenMetrics-Text; VERSION=1.0.0; Q=1', om1],
  ['spaces and tabs', ' application/openmetrics-text ;\tversion = 1.0.0 , text/plain;q=0.9', om1],
  ['quotes', 'application/openmetrics-text;version="1.0.0"', om1],
  ['separators in quotes', 'text/x;a=",;\\",text/plain",application/openmetrics-text;version=1.0.0;q=0.5', om1],
  ['a quote without an end', 'application/openmetrics-text;version=1.0.0;a=",text/plain', om1],
  ['what JavaScript objects have', '__proto__;constructor=toString,constructor', plain],
  ['escaping', 'text/plain;escaping=underscores', `${plain}; escaping=underscores`],
  ['escaping with a wildcard', '*/*;escaping=dots', `${plain}; escaping=dots`],
  ['escaping that nobody knows', 'text/plain;escaping=x', plain],
  ['escaping that would break the header', 'text/plain;escaping="a\r\nb"', plain],
  ['escaping of a clause before', 'text/x;escaping=values,text/plain;q=0.5', `${plain}; escaping=values`],
  ['escaping of a clause after', 'text/plain,text/x;escaping=values;q=0.5', plain],
];

test.each(clauses)('negotiate: %s', (_name, accept, contentType) => {
  expect(negotiate(accept).contentType).toBe(contentType);
});

test('what is chosen encodes as what was offered', () => {
  const offer = offerAll(true);
  expect(negotiate('application/openmetrics-text;version=1.0.0', offer)).toBe(offer[1]);
  expect(negotiate('application/openmetrics-text', offer)).toBe(offer[2]);
  expect(negotiate(acceptHeaders['Prometheus 2.42 with native histograms'])).toBe(protobuf);
  expect(negotiate(undefined)).toBe(text);
  expect(negotiate('text/plain;escaping=dots').encode).toBe(text.encode);
});

test('only what is offered is chosen, and the first by default', () => {
  const [, withCreated] = offerAll(true) as [Encoding, Encoding];
  expect(negotiate(acceptHeaders['Prometheus 2.42 with native histograms'], [text, withCreated])).toBe(withCreated);
  expect(negotiate(acceptHeaders['Prometheus 2.42'], [text])).toBe(text);
  expect(negotiate('*/*', [protobuf, text])).toBe(protobuf);
});

const words = ['text/plain', 'application/openmetrics-text', '*/*', 'version=1.0.0', 'q=0.5', 'q=', 'escaping=dots'];
const word = fc.constantFrom(...words, ',', ';', '=', '"', '\\', ' ', '/', 'q', '\t', '\u00ff');

test('whatever is sent, something is answered', () => {
  const contentTypes = [om1, om0, plain, proto].flatMap((type) => [type, `${type}; escaping=dots`]);
  const header = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 30 }).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(header, (accept) => contentTypes.includes(negotiate(accept).contentType)),
    { numRuns: 2000 },
  );
});

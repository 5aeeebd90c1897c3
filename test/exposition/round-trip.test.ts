import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Registry } from '../../src/core/registry.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { encodeText } from '../support/exposition/encode-text.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';

/** What a strict reader of text 0.0.4 finds; samples by name and labels, as they are on the line but unescaped. */
interface Read {
  readonly help: Map<string, string>;
  readonly types: Map<string, string>;
  readonly samples: Map<string, number>;
}

const line = {
  help: /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/su,
  type: /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/u,
  sample: /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*",?)+)\})? (\S+)$/su,
  label: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/suy,
  number: /^(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d{2,3})?)$/u,
};

/** Throws at the first line that is not exactly what the format allows. Shares no code with the encoder. */
function read(text: string): Read {
  const found: Read = { help: new Map(), types: new Map(), samples: new Map() };
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  for (const one of text.split('\n').slice(0, -1)) {
    const help = line.help.exec(one);
    const type = line.type.exec(one);
    const sample = line.sample.exec(one);
    if (help !== null) add(found.help, help[1]!, plain(help[2]!, /\\(?:\\|n)|\\?/gu));
    else if (type !== null) add(found.types, type[1]!, type[2]!);
    else if (sample !== null) add(found.samples, key(sample[1]!, labels(sample[2] ?? '')), number(sample[3]!));
    else throw new Error(`neither a comment nor a sample: ${JSON.stringify(one)}`);
  }
  return found;
}

function add<Value>(to: Map<string, Value>, name: string, value: Value): void {
  if (to.has(name)) throw new Error(`twice: ${name}`);
  to.set(name, value);
}

const key = (name: string, values: Record<string, string>) => name + JSON.stringify(values);

function labels(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  line.label.lastIndex = 0;
  while (line.label.lastIndex < text.length) {
    const label = line.label.exec(text);
    if (label === null) throw new Error(`no label: ${text}`);
    found[label[1]!] = plain(label[2]!, /\\[\\"n]/gu);
  }
  return found;
}

function plain(text: string, escapes: RegExp): string {
  return text.replace(escapes, (found) => {
    if (found === '\\') throw new Error(`a lone backslash: ${text}`);
    return found === '\\n' ? '\n' : found.slice(1);
  });
}

function number(text: string): number {
  if (!line.number.test(text)) throw new Error(`no number: ${text}`);
  return Number(text.replace('Inf', 'Infinity'));
}

const misread: [name: string, text: string][] = [
  ['no line end', 'x 1'],
  ['an empty line', 'x 1\n\n'],
  ['an unescaped quote', 'x{a="b"c"} 1\n'],
  ['an unknown escape', 'x{a="\\t"} 1\n'],
  ['a line end in a label', 'x{a="b\nc"} 1\n'],
  ['a lone backslash in help', '# HELP x a\\b\n'],
  ['an unknown type', '# TYPE x thing\n'],
  ['help twice', '# HELP x a\n# HELP x a\n'],
  ['a series twice', 'x{a="b"} 1\nx{a="b"} 2\n'],
  ['a comma before the brace', 'x{a="b",} 1\n'],
  ['no comma between labels', 'x{a="b"c="d"} 1\n'],
  ["prom-client's NaN", 'x Nan\n'],
  ['an infinity of JavaScript', 'x Infinity\n'],
  ['an exponent of JavaScript', 'x 1e-7\n'],
  ['two spaces', 'x  1\n'],
];
test.each(misread)('the reader is strict: %s', (_name, text) => {
  expect(() => read(text)).toThrow();
});

/** Any UTF-16, lone halves of surrogates too, with many of the characters that need an escape. */
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', '=', ' ', '#', '\r', '\0', '\u2028') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const anyText = fc.string({ unit, maxLength: 8 });
const number64 = fc.double();

interface Declared {
  readonly help: string;
  readonly series: readonly { readonly a: string; readonly b: string; readonly value: number }[];
}

const declared: fc.Arbitrary<Declared> = fc.record({
  help: anyText.filter((text) => text.trim() !== ''),
  series: fc.array(fc.record({ a: anyText, b: anyText, value: number64 }), { minLength: 1, maxLength: 8 }),
});

/** As it comes out of the socket. */
const wire = (text: string) => Buffer.from(text).toString();

function encoded(metrics: readonly Declared[]): string {
  const registry = new Registry(new Faults(() => {}));
  for (const [index, { help, series }] of metrics.entries()) {
    const gauge = registry.gauge({ name: `gauge_${index}`, help, labelNames: ['a', 'b'] });
    for (const { a, b, value } of series) gauge.labels({ a, b }).set(value);
    const histogram = registry.histogram({ name: `histogram_${index}`, help, labelNames: ['a', 'b'], buckets: [1] });
    for (const { a, b } of series) histogram.labels({ a, b }).observe(1);
  }
  return wire(encodeText(registry.collect()));
}

test('help, labels and values survive the way through the text', () => {
  fc.assert(
    fc.property(fc.array(declared, { minLength: 1, maxLength: 3 }), (metrics) => {
      const expected: Read = { help: new Map(), types: new Map(), samples: new Map() };
      for (const [index, { help, series }] of metrics.entries()) {
        for (const type of ['gauge', 'histogram']) {
          expected.help.set(`${type}_${index}`, wire(help));
          expected.types.set(`${type}_${index}`, type);
        }
        for (const one of series) {
          const own = { a: wire(one.a), b: wire(one.b) };
          expected.samples.set(key(`gauge_${index}`, own), one.value);
          const name = `histogram_${index}`;
          const names = [`${name}_sum`, `${name}_count`].map((sample) => key(sample, own));
          names.push(...['1', '+Inf'].map((le) => key(`${name}_bucket`, { ...own, le })));
          for (const sample of names) expected.samples.set(sample, (expected.samples.get(sample) ?? 0) + 1);
        }
      }
      expect(read(encoded(metrics))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

describeWith(['promtool', 'promtool3'], 'promtool reads what was fuzzed', (paths) => {
  // promtool takes off the blanks before a help text, and then finds it missing.
  const visible = declared.map((metric) => ({ ...metric, help: `Help: ${metric.help}` }));

  test.each(Object.entries(paths))('%s', async (_name, promtool) => {
    for (const metrics of fc.sample(fc.array(visible, { minLength: 50, maxLength: 50 }), 4)) {
      const text = encoded(metrics);
      expect({ text, ...(await checkMetrics(promtool, text)) }).toEqual({ text, ok: true, output: '' });
    }
  });
});

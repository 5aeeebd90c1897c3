import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { type Level, levels, type Values } from './levels.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((endpoint) => endpoint.close()));
});

/** Passes the options, waits, and ends what they started. */
async function give({ give: pass }: Pick<Level, 'give'>, options: object): Promise<void> {
  const result: unknown = await pass(options);
  if (typeof result === 'object' && result !== null && 'port' in result) opened.push(result as never); // an endpoint
}

/** Any value as text, for the name of a test. */
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) =>
      Array.isArray(value) ? show(part) : `${key}: ${show(part)}`,
    );
    return Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value) + (typeof value === 'bigint' ? 'n' : '');
}

type Row = [name: string, option: string, shown: string, level: Level, value: unknown];

/** One row for each value of each option. */
function rowsOf(kind: keyof Values): Row[] {
  return levels.flatMap((level) =>
    Object.entries(level.options).flatMap(([option, values]) =>
      values[kind].map((value): Row => [level.name, option, show(value), level, value]),
    ),
  );
}

const clearError = { name: 'MetricsError', code: expect.stringMatching(/^(invalid|unsupported)_/) };

test.each(rowsOf('right'))('%s takes { %s: %s }', async (_name, option, _shown, level, value) => {
  await give(level, { ...level.needed, [option]: value });
});

test.each(rowsOf('wrong'))('%s refuses { %s: %s }', async (_name, option, _shown, level, value) => {
  await expect(give(level, { ...level.needed, [option]: value })).rejects.toMatchObject(clearError);
});

/** Without its second letter; a short name with its last letter twice. */
const misspell = (option: string) =>
  option.length > 2 ? option.slice(0, 1) + option.slice(2) : option + option.slice(-1);
const misspelt = levels.flatMap((level) =>
  Object.entries(level.options).map(([option, { right }]): [string, string, string, Level, unknown] => {
    return [level.name, misspell(option), option, level, right[0]];
  }),
);
test.each(misspelt)('%s refuses %s, and asks whether %s is meant', async (_name, wrong, option, level, value) => {
  const { [option]: _, ...others } = { ...level.needed } as Record<string, unknown>;
  await expect(give(level, { ...others, [wrong]: value })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(`unknown option "${wrong}", did you mean "${option}"?`),
  });
});

/** Names of earlier versions, and of what users of other libraries know. */
const renamed: [level: string, option: string, says: string][] = [
  ['GrpcMetrics', 'include', 'now "only"'],
  ['GrpcMetrics', 'labels', 'now "callLabels"'],
  ['GrpcMetrics', 'maxSeries', 'now "maxCallSeries"'],
  ['GrpcMetrics', 'targets', 'now client: { targets }'],
  ['GrpcMetrics', 'attempts', 'now client: { attempts }'],
  ['a vocabulary', 'labels', 'now "constantLabels"'],
  ['expose()', 'timeout', 'now "timeoutSeconds"'],
  ['handler()', 'timeout', 'now "timeoutSeconds"'],
  ['include()', 'timeout', 'now "timeoutSeconds"'],
];
test.each(renamed)('%s: the earlier name %s is an error that gives the new one', async (name, option, says) => {
  const level = levels.find((one) => one.name === name)!;
  await expect(give(level, { ...level.needed, [option]: {} })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(`unknown option "${option}", which is ${says}`),
  });
});

const notOptions = [5n, Symbol('x'), null, 'x', 8000, [], () => {}];
const objects = levels.flatMap((level) => notOptions.map((value) => [level.name, show(value), level, value] as const));
/** A vocabulary and a label of calls can be a text. */
const texts = objects.filter(([name, shown]) => shown === '"x"' && /^a (vocabulary|label|late label)/.test(name));
test.each(objects.filter((row) => !texts.includes(row)))(
  '%s refuses %s instead of an object',
  async (_name, _shown, level, value) => {
    await expect(give(level, value as object)).rejects.toMatchObject(clearError);
  },
);

const others: [name: string, use: (metrics: GrpcMetrics, value: never) => unknown][] = [
  ['onCallEnd()', (metrics, value) => metrics.onCallEnd(value)],
  ['include()', (metrics, value) => metrics.include(value)],
  ['registerInto()', (metrics, value) => metrics.registerInto(value)],
  ['preregister()', (metrics, value) => metrics.preregister(value)],
  ['instrument()', (metrics, value) => metrics.instrument(value)],
  ['clientOptions()', (metrics, value) => metrics.clientOptions(value)],
];
const notArguments = [5n, Symbol('x'), [], 'x', 8000, null];
const argumentRows = others.flatMap(([name, use]) =>
  notArguments.map((value) => [name, show(value), use, value] as const),
);
test.each(argumentRows)('%s refuses %s', (_name, _shown, use, value) => {
  expect(() => use(new GrpcMetrics(), value as never)).toThrow(expect.objectContaining(clearError));
});

const quotedTexts: [name: string, level: string, options: object, message: string][] = [
  ['a port', 'expose()', { port: 'http' }, 'port must be a whole number from 0 to 65535, not "http"'],
  ['a boolean', 'GrpcMetrics', { createdSamples: 'no' }, 'createdSamples must be true or false, not "no"'],
  [
    'a limit',
    'handler()',
    { maxRequestsInFlight: '40' },
    'maxRequestsInFlight must be a whole number from 1, not "40"',
  ],
  ['a host', 'expose()', { host: 5n }, 'host must be a name or an address, not 5'],
];
test.each(quotedTexts)('a message shows what kind of value it is about: %s', async (_name, name, options, message) => {
  const level = levels.find((one) => one.name === name)!;
  await expect(give(level, options)).rejects.toMatchObject({ code: 'invalid_option', message });
});

test('an option that nobody reads is never taken for protection', async () => {
  const server = new GrpcMetrics();
  const given = { port: 0, host: '127.0.0.1', auth: { user: 'x' } };
  await expect(server.expose(given)).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('unknown option "auth"'),
  });
});

test('the options stay as they are', () => {
  const options = Object.freeze({ service: Object.freeze({ name: 'shop' }), naming: Object.freeze(['go'] as const) });
  expect(new GrpcMetrics(options).collect()).not.toEqual([]);
});

const page = readFileSync('docs/options.md', 'utf8');
const documented = levels.flatMap(({ name, options }) => Object.keys(options).map((option) => [name, option] as const));
test.each(documented)('docs/options.md has %s: %s', (_name, option) => {
  expect(page).toContain(`\`${option}\``);
});

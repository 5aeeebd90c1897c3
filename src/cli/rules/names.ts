import type { ExposedFamily } from '../../decode/exposition.ts';
import type { CreateRule } from './rule.ts';

/**
 * What `promtool check metrics` says of names, units, types and help texts; each is a warning.
 * Source: https://github.com/prometheus/client_golang/tree/main/prometheus/testutil/promlint/validations
 */
export const names: CreateRule = (report) => ({
  family: (family) => {
    for (const [rule, problem, remedy] of remarks(family)) {
      report({ severity: 'warning', rule, subject: family.name, problem, remedy });
    }
  },
});

type Remark = readonly [rule: string, problem: string, remedy: string];

function* remarks(family: ExposedFamily): Generator<Remark> {
  const { name, type, help, hasType, labelNames: labels } = family;
  const words = name.toLowerCase().split('_');
  if (!help) yield ['no_help', 'no help text', 'say in a HELP line what it measures'];
  if (!hasType) yield ['no_type', 'no type', 'say in a TYPE line what it is'];
  yield* units(words, name);
  yield* suffixes(family);
  const typeInName = words.slice(1).find((word) => ['counter', 'gauge', 'summary', 'histogram'].includes(word));
  if (typeInName !== undefined) yield ['type_in_name', `its type ${typeInName} is in its name`, 'leave it out'];
  if (name.includes(':')) yield ['reserved_character', ': is in its name', 'leave it to recording rules'];
  if (/[a-z][A-Z]/.test(name)) yield ['camel_case', 'its name is in camelCase', `name it ${snakeCase(name)}`];
  for (const label of labels) {
    if (/[a-z][A-Z]/.test(label)) yield ['camel_case', `label ${label} is in camelCase`, `name it ${snakeCase(label)}`];
  }
  if (type !== 'histogram' && type !== 'untyped' && labels.has('le')) {
    yield ['reserved_label', 'label le is for histograms', 'rename the label, or make it a histogram'];
  }
  if (type !== 'summary' && type !== 'untyped' && labels.has('quantile')) {
    yield ['reserved_label', 'label quantile is for summaries', 'rename the label, or make it a summary'];
  }
}

function* suffixes({ name, type }: ExposedFamily): Generator<Remark> {
  if (type === 'counter' && !name.endsWith('_total')) {
    yield ['counter_without_total', 'a counter without _total', `name it ${name}_total`];
  }
  if (type === 'untyped') return;
  if (type !== 'counter' && name.endsWith('_total')) {
    yield [
      'total_without_counter',
      `a ${type} with the suffix of counters`,
      'name it without _total, or make it a counter',
    ];
  }
  const [part] = /_(?:bucket|sum|count)$/.exec(name) ?? [];
  if (part === undefined || type === 'histogram' || (type === 'summary' && part !== '_bucket')) return;
  yield ['reserved_suffix', `${part} is for parts of histograms and summaries`, `name it without ${part}`];
}

/** By base unit what promtool knows of it: itself first. */
const unitsByBase: readonly (readonly [base: string, others: readonly string[]])[] = [
  ['seconds', ['minutes', 'hours', 'days', 'weeks']],
  ['bytes', ['bits']],
  ['meters', ['inches', 'yards', 'miles']],
  ['metres', []],
  ['grams', ['pounds', 'ounces']],
  ['celsius', ['fahrenheit', 'rankine']],
  ['kelvin', ['kelvins']],
  ['joules', ['calories']],
  ['amperes', []],
  ['volts', []],
];
const baseOf = new Map(unitsByBase.flatMap(([base, others]) => [base, ...others].map((unit) => [unit, base] as const)));
const prefix = /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|giga|gibi|tera|tebi|peta|pebi)/;
const abbreviations: readonly string[] = [
  's',
  'ms',
  'us',
  'ns',
  'sec',
  'b',
  'kb',
  'mb',
  'gb',
  'tb',
  'pb',
  'm',
  'h',
  'd',
];

function* units(words: readonly string[], name: string): Generator<Remark> {
  for (const word of name.split('_')) {
    const base = baseOf.get(word) ?? baseOf.get(word.replace(prefix, ''));
    if (base === undefined) continue;
    if (base !== word) yield ['unit', `${word} is no base unit`, `count in ${base} and name it so`];
    break;
  }
  const short = words.slice(1).find((word) => abbreviations.includes(word));
  if (short !== undefined)
    yield ['unit', `the unit ${short} is abbreviated`, 'write the base unit in full: seconds, bytes, meters'];
}

function snakeCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

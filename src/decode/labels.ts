import { LineError, type LineFault, OpenValueError } from './line-error.ts';
import { quote } from './number.ts';
import type { Scanner } from './scanner.ts';

/** Label names and values in the order of the line. */
export type LabelPairs = readonly (readonly [name: string, value: string])[];

/** Begins with a metric name. */
export const metricName: RegExp = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;

/** The value of a label; undefined where there is no such label. */
export function labelOf(labels: LabelPairs, name: string): string | undefined {
  for (const [label, value] of labels) if (label === name) return value;
  return undefined;
}

/** Name and labels as they stand in an exposition. */
export function formatSeries(name: string, labels: LabelPairs): string {
  if (labels.length === 0) return name;
  return `${name}{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}

/** Reads the name of a metric and its labels. Throws `LineError`. */
export function readSeries(scan: Scanner): { name: string; labels: LabelPairs } {
  if (!scan.at('{')) {
    const name = scan.take(metricName);
    if (name === '')
      throw new LineError(`no metric name at ${quote(scan.rest())}`, 'begin a sample with a metric name');
    scan.passBlanks();
    return { name, labels: scan.eat('{') ? readPairs(scan, name).labels : [] };
  }
  scan.eat('{');
  const { name, labels } = readPairs(scan, undefined);
  if (name === undefined) throw new LineError('no metric name', 'begin a sample with a metric name');
  return { name, labels };
}

/** Reads labels up to the closing brace, behind the opening one. Throws `LineError`. */
export function readLabels(scan: Scanner, metric: string): LabelPairs {
  return readPairs(scan, metric).labels;
}

/** Names in quotes, of Prometheus 3, may have any characters, and the metric's own name may stand among the labels. */
function readPairs(scan: Scanner, metric: string | undefined): { name: string | undefined; labels: LabelPairs } {
  let name = metric;
  const labels: [string, string][] = [];
  scan.passBlanks();
  while (!scan.eat('}')) {
    const isQuoted = scan.eat('"');
    const label = isQuoted ? readQuotedName(scan) : scan.take(labelName);
    if (label === '') {
      throw new LineError(`no label name at ${quote(scan.rest())}`, 'write name="value", and } at the end');
    }
    scan.passBlanks();
    if (isQuoted && (scan.at(',') || scan.at('}'))) {
      if (name !== undefined) throw new LineError(`a second metric name, ${quote(label)}`, `the name is ${name}`);
      name = label;
    } else labels.push([label, readLabelValue(scan, label, name, labels)]);
    scan.passBlanks();
    passComma(scan, label);
  }
  return { name, labels };
}

function readQuotedName(scan: Scanner): string {
  const name = unescapeLoosely(scan.takeQuoted());
  if (!scan.eat('"')) throw new LineError('a name in " does not end', 'close it with "');
  scan.faults.push(quotedNameFault(name));
  return name;
}

/** A name in quotes, which is right only for a reader that asks for it. promtool 3 reads it where it needs no quotes. */
export function quotedNameFault(name: string): LineFault {
  return {
    rule: 'quoted_name',
    message: `the name ${quote(name)} is in quotes, which only Prometheus 3 knows`,
    remedy: 'give such names only to readers that ask for escaping=allow-utf-8, and say so in the Content-Type',
    refusedBy: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? ['prometheus2'] : ['prometheus2', 'promtool'],
  };
}

function readLabelValue(scan: Scanner, label: string, metric: string | undefined, labels: LabelPairs): string {
  if (label === '__name__') {
    throw new LineError(
      'label __name__ is reserved',
      `leave it out: the name is ${metric ?? 'in front of the labels'}`,
    );
  }
  if (labelOf(labels, label) !== undefined)
    throw new LineError(`label ${label} is there twice`, 'give each label once');
  if (!scan.eat('=')) throw new LineError(`no = after label ${label}`, `write ${label}="value"`);
  scan.passBlanks();
  if (!scan.eat('"')) throw new LineError(`the value of label ${label} is not in "`, `write ${label}="value"`);
  const text = scan.takeQuoted();
  if (!scan.eat('"')) {
    throw new OpenValueError(
      `the value of label ${label} does not end`,
      'close it with ", and write a new line in it as \\n',
    );
  }
  if (scan.isLenient) checkEscapes(scan, text, true);
  return unescapeLoosely(text);
}

function passComma(scan: Scanner, label: string): void {
  if (scan.eat(',')) {
    scan.passBlanks();
    if (scan.isLenient || !scan.at('}')) return;
    scan.faults.push({ message: 'a , after the last label', remedy: 'leave it out', refusedBy: ['prometheus2'] });
  } else if (!scan.at('}')) {
    const remedy = 'put , between labels and } after the last';
    if (!scan.isLenient || !/^["a-zA-Z_]/.test(scan.rest())) {
      throw new LineError(`no , or } after label ${label}`, remedy);
    }
    scan.faults.push({ message: `no , after label ${label}`, remedy, refusedBy: ['promtool'] });
  }
}

/** Notes sequences that are none. They stand for themselves, as in OpenMetrics; promtool refuses them in the text format. */
export function checkEscapes(scan: Pick<Scanner, 'faults'>, text: string, inLabel: boolean): void {
  if (!text.includes('\\')) return;
  for (const [sequence] of text.matchAll(/\\.?/gs)) {
    if (sequence === '\\n' || sequence === '\\\\' || (sequence === '\\"' && inLabel)) continue;
    scan.faults.push({
      message: `${sequence} is no escape sequence`,
      remedy: `write \\\\ for a backslash; \\n${inLabel ? ' and \\"' : ''} are the others`,
      refusedBy: ['promtool'],
    });
    return;
  }
}

/** Resolves `\\`, `\n` and `\"`; other sequences stand for themselves. */
export function unescapeLoosely(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\n"])/g, (_sequence, character: string) => (character === 'n' ? '\n' : character));
}

import { type LabelPairs, readLabels, readSeries } from './labels.ts';
import { LineError, type LineFault } from './line-error.ts';
import { quote, readSeconds, readValue } from './number.ts';
import { bothPrometheus } from './problem.ts';
import { Scanner } from './scanner.ts';

/** What a line of an exposition says of one series. */
export interface SampleLine {
  readonly name: string;
  readonly labels: LabelPairs;
  readonly value: number;
  /** Since 1970, where the line has one, in seconds. */
  readonly timestamp: number | undefined;
  /** Characters of its exemplar's names and values, where the line has one. */
  readonly exemplarLength?: number;
  /** What is wrong with the line although it can be read. */
  readonly faults: readonly LineFault[];
}

/** The largest number of milliseconds that Go can read. */
const mostMilliseconds = 2 ** 63;

/**
 * Reads one line with a sample. What either Prometheus or promtool reads is read, with a note for each that does not. Throws `LineError`.
 * Source: https://github.com/prometheus/prometheus/blob/main/model/textparse/promparse.go and
 * https://github.com/prometheus/common/blob/main/expfmt/text_parse.go
 */
export function readSampleLine(line: string): SampleLine {
  const scan = new Scanner(line, true);
  if (scan.passBlanks()) {
    scan.faults.push({
      message: 'blanks before the name',
      remedy: 'begin the line with the name',
      refusedBy: ['prometheus2'],
    });
  }
  const { name, labels } = readSeries(scan);
  scan.passBlanks();
  const value = readValue(scan.takeToken());
  const isFollowed = scan.passBlanks();
  const timestamp = scan.done ? undefined : readMilliseconds(scan.takeToken());
  if (scan.passBlanks() || (isFollowed && timestamp === undefined)) {
    scan.faults.push({
      message: `blanks after the ${timestamp === undefined ? 'value' : 'timestamp'}`,
      remedy: `end the line with the ${timestamp === undefined ? 'value' : 'timestamp'}`,
      refusedBy: ['promtool'],
    });
  }
  if (!scan.done) throw new LineError(`${quote(scan.rest())} after the timestamp`, 'end the line there');
  return { name, labels, value, timestamp, faults: scan.faults };
}

function readMilliseconds(text: string): number {
  if (/^\d+$/.test(text) && Number(text) < mostMilliseconds) return Number(text) / 1000;
  const isSigned = /^[+-]\d+$/.test(text);
  const remedy = text.startsWith('#')
    ? 'exemplars are for OpenMetrics: leave them out'
    : 'write whole milliseconds since 1970, or nothing';
  throw new LineError(`${quote(text)} is no timestamp`, remedy, isSigned ? bothPrometheus : undefined);
}

/**
 * Reads one line with a sample of OpenMetrics, as Prometheus does. Throws `LineError`.
 * Source: https://github.com/prometheus/prometheus/blob/main/model/textparse/openmetricsparse.go
 */
export function readOpenMetricsLine(line: string): SampleLine {
  const scan = new Scanner(line, false);
  const { name, labels } = readSeries(scan);
  const value = readValue(takeNext(scan));
  const timestamp = scan.done || scan.at(' #') ? undefined : readSeconds(takeNext(scan));
  const sample = { name, labels, value, timestamp, faults: scan.faults };
  if (scan.done) return sample;
  if (!scan.eat(' # {')) {
    throw new LineError(
      `${quote(scan.rest())} at the end`,
      'end the line there, or write an exemplar: # {label="value"} 1',
    );
  }
  const exemplar = readLabels(scan, name);
  if (exemplar.some(([, text]) => text.includes('\0'))) {
    throw new LineError('a NUL in an exemplar', 'leave it out: in labels of series it is allowed');
  }
  const exemplarLength = exemplar.reduce((sum, pair) => sum + Array.from(pair.join('')).length, 0);
  readValue(takeNext(scan));
  if (!scan.done) readSeconds(takeNext(scan));
  if (!scan.done) throw new LineError(`${quote(scan.rest())} after the exemplar`, 'end the line there');
  return { ...sample, exemplarLength };
}

/** What follows one blank. */
function takeNext(scan: Scanner): string {
  if (!scan.eat(' ') || /^[ \t]/.test(scan.rest())) {
    throw new LineError(
      `not one blank before ${quote(scan.rest().trimStart())}`,
      'write one before each number, and none elsewhere',
    );
  }
  return scan.takeToken();
}

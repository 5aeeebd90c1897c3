import type {
  Exemplar,
  HistogramSeries,
  Labels,
  LiveFamily,
  NativeBuckets,
  NumberSeries,
  SummarySeries,
} from '../core/snapshot.ts';
import { type Encoding, partSize } from './encoding.ts';
import { isSendable, isTime } from './exemplar.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { familyUnit } from './unit.ts';

/**
 * Messages `io.prometheus.client.MetricFamily`, each after its length: the only format that carries native histograms.
 *
 * A part ends only between families, as a family's length stands before it; where one has many series, empty parts come first.
 * Families without series are left out. As client_golang does, +Inf is a bucket only when it has an exemplar.
 * Source of the field numbers: https://github.com/prometheus/client_model
 */
export const protobuf: Encoding = {
  contentType: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
  encode,
};

const typeNumbers = { counter: 0, gauge: 1, summary: 2, histogram: 4 } as const;

const nothing = new Uint8Array(0);

/** Written in a tenth of a millisecond. */
const seriesBetweenParts = 32;

function* encode(families: Iterable<LiveFamily>): Generator<Uint8Array, void> {
  const writer = new ProtobufWriter();
  for (const family of families) {
    let message: number | undefined;
    let written = 0;
    for (const one of family.series) {
      message ??= openFamily(writer, family);
      const metric = writer.open(4);
      writeLabels(writer, one.labels);
      if ('buckets' in one) writeHistogram(writer, one);
      else if ('quantiles' in one) writeSummary(writer, one);
      else if (family.type === 'counter') writeCounter(writer, one);
      else writeGauge(writer, one);
      writer.close(metric);
      written += 1;
      if (written % seriesBetweenParts === 0) yield nothing;
    }
    if (message === undefined) continue;
    const unit = familyUnit(family);
    if (unit !== undefined) writer.string(5, unit);
    writer.close(message);
    if (writer.length >= partSize) yield writer.take();
  }
  if (writer.length > 0) yield writer.take();
}

function openFamily(writer: ProtobufWriter, { name, help, type }: LiveFamily): number {
  const message = writer.open();
  writer.string(1, name);
  writer.string(2, help);
  writer.uint(3, typeNumbers[type]);
  return message;
}

function writeLabels(writer: ProtobufWriter, labels: Labels): void {
  for (const name in labels) {
    const pair = writer.open(1);
    writer.string(1, name);
    writer.string(2, labels[name]!);
    writer.close(pair);
  }
}

function writeGauge(writer: ProtobufWriter, { value }: NumberSeries): void {
  const gauge = writer.open(2);
  writer.double(1, value);
  writer.close(gauge);
}

function writeCounter(writer: ProtobufWriter, { value, exemplar, created }: NumberSeries): void {
  const counter = writer.open(3);
  writer.double(1, value);
  if (isSendable(exemplar)) writeExemplar(writer, 2, exemplar);
  if (isTime(created)) writeTime(writer, 3, created);
  writer.close(counter);
}

function writeSummary(writer: ProtobufWriter, { quantiles, sum, count, created }: SummarySeries): void {
  const summary = writer.open(4);
  writer.uint(1, count);
  writer.double(2, sum);
  for (const [quantile, value] of quantiles) {
    const one = writer.open(3);
    writer.double(1, quantile);
    writer.double(2, value);
    writer.close(one);
  }
  if (isTime(created)) writeTime(writer, 4, created);
  writer.close(summary);
}

function writeHistogram(writer: ProtobufWriter, series: HistogramSeries): void {
  const { bounds, buckets, sum, native, created, exemplars } = series;
  let count = 0;
  for (let index = 0; index <= bounds.length; index += 1) count += buckets[index]!;
  const histogram = writer.open(7);
  writer.uint(1, count);
  writer.double(2, sum);
  let cumulative = 0;
  for (let index = 0; index <= bounds.length; index += 1) {
    cumulative += buckets[index]!;
    const exemplar = exemplars?.[index];
    const sendable = isSendable(exemplar);
    if (index === bounds.length && !sendable) break;
    const bucket = writer.open(3);
    writer.uint(1, cumulative);
    writer.double(2, bounds[index] ?? Infinity);
    if (sendable) writeExemplar(writer, 3, exemplar);
    writer.close(bucket);
  }
  if (native !== undefined) writeNative(writer, native);
  if (isTime(created)) writeTime(writer, 15, created);
  writer.close(histogram);
}

/** Runs of neighbouring buckets, each with its distance from the end of the run before; counts as differences. */
function writeNative(
  writer: ProtobufWriter,
  { schema, zeroThreshold, zeroCount, indexes, counts }: NativeBuckets,
): void {
  writer.sint(5, schema);
  writer.double(6, zeroThreshold);
  writer.uint(7, zeroCount);
  let end = 0;
  for (let from = 0; from < indexes.length; ) {
    let to = from + 1;
    while (to < indexes.length && indexes[to] === indexes[to - 1]! + 1) to += 1;
    writeSpan(writer, indexes[from]! - end, to - from);
    end = indexes[to - 1]! + 1;
    from = to;
  }
  // A span of nothing marks it as native while it has no bucket.
  if (indexes.length === 0) writeSpan(writer, 0, 0);
  else
    writer.packedSint(
      13,
      counts.map((count, index) => count - (counts[index - 1] ?? 0)),
    );
}

function writeSpan(writer: ProtobufWriter, offset: number, length: number): void {
  const span = writer.open(12);
  writer.sint(1, offset);
  writer.uint(2, length);
  writer.close(span);
}

function writeExemplar(writer: ProtobufWriter, field: number, { labels, value, timestamp }: Exemplar): void {
  const exemplar = writer.open(field);
  writeLabels(writer, labels);
  writer.double(2, value);
  writeTime(writer, 3, timestamp);
  writer.close(exemplar);
}

/** `google.protobuf.Timestamp`, to the microsecond: at today's times a double holds no more. */
function writeTime(writer: ProtobufWriter, field: number, time: number): void {
  const microseconds = Math.round(time * 1e6);
  const timestamp = writer.open(field);
  writer.uint(1, Math.floor(microseconds / 1e6));
  writer.uint(2, (microseconds % 1e6) * 1000);
  writer.close(timestamp);
}

import { unknownMethod } from '../rpc/server-store.ts';
import { otherMethod } from '../rpc/store.ts';

/** Whether a process answers the calls or makes them. */
export type Side = 'server' | 'client';

/**
 * How one side of a vocabulary, or of another library, names its calls: the families, and the labels of their series.
 *
 * Queries, the charts of the live page, `grpc-vitals top` and `grpc-vitals check` are functions of it. Names have no
 * namespace. A field is absent where the vocabulary has no such family.
 */
export interface CallShape {
  readonly side: Side;
  readonly method: MethodLabels;
  readonly status: StatusLabel;
  /** Label that names the type of the method, and the spelling of each type. */
  readonly type?: { readonly label: string; readonly values: readonly string[] };
  /** Finished calls, by status. */
  readonly requests: GrowingNumber;
  /** Histogram of the durations of finished calls. */
  readonly durations: string;
  /** Seconds in one unit of `durations`: 1 by default, 0.001 for a library that measures milliseconds. */
  readonly secondsPerUnit?: number;
  /** Counter of finished calls whose status is not OK. */
  readonly errors?: string;
  /** Gauge of the calls that have started and not finished. */
  readonly inFlight?: string;
  /** Counter of started calls. Without `inFlight`, the calls in flight are these without `requests`. */
  readonly started?: string;
  /** Gauge of open streams. */
  readonly streams?: string;
  /** Counters of messages. */
  readonly received?: string;
  readonly sent?: string;
  /** Gauge of open connections. */
  readonly connections?: string;
  /** Attempts beyond the first. */
  readonly retries?: GrowingNumber;
  /** Gauge of a client's channels, by target and connectivity state. */
  readonly channels?: { readonly family: string; readonly targetLabel: string; readonly stateLabel: string };
  /** Whether a method has a series of `requests` for OK and for each server fault before its first call. */
  readonly startsAtZero: boolean;
}

/** One label that holds a method's path, or one label for the service and one for the method. */
type MethodLabels = PathLabel | { readonly serviceLabel: string; readonly methodLabel: string };

/** The label that holds a method's path, and the form of the path. */
export interface PathLabel {
  readonly label: string;
  readonly form: '/service/method' | 'service/method';
}

/** The label that holds the status, and the spelling of each status, by code. */
interface StatusLabel {
  readonly label: string;
  readonly codes: readonly string[];
  /** Names that other versions of the library give the label. */
  readonly aliases?: readonly string[];
}

/** A number that never falls: a counter, or the count or the sum of a histogram. */
export interface GrowingNumber {
  readonly family: string;
  /** Name of the sample. For a counter it is the name of the family. */
  readonly sample: string;
}

export function counter(family: string): GrowingNumber {
  return { family, sample: family };
}

/** The number of observations of a histogram. */
export function countOf(family: string): GrowingNumber {
  return { family, sample: `${family}_count` };
}

/** The sum of the observations of a histogram. */
export function sumOf(family: string): GrowingNumber {
  return { family, sample: `${family}_sum` };
}

/** The names of the labels that tell methods apart. */
export function methodLabelNames({ method }: CallShape): readonly string[] {
  return 'label' in method ? [method.label] : [method.serviceLabel, method.methodLabel];
}

/** What our own vocabularies write for several methods at once, where others write a path. */
const constants: readonly string[] = [unknownMethod, otherMethod];

/**
 * The path of a series' method, `/pkg.Service/Method`, or the constant that stands for several methods, such as `unknown`.
 *
 * `read` returns the value of a label. Undefined for a series without the labels, or with a bare method name where the shape
 * has paths: it belongs to another library's metric.
 */
export function methodPath({ method }: CallShape, read: (label: string) => string | undefined): string | undefined {
  if ('label' in method) {
    const value = read(method.label);
    if (value === undefined || value === '' || value.startsWith('/')) return value || undefined;
    if (method.form === 'service/method') return value.includes('/') ? `/${value}` : value;
    return constants.includes(value) ? value : undefined;
  }
  const [service, name] = [read(method.serviceLabel), read(method.methodLabel)];
  if (service === undefined || name === undefined) return undefined;
  return service === name && name === 'unknown' ? name : `/${service}/${name}`;
}

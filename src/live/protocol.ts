import type { Labels, MetricType } from '../core/snapshot.ts';

/**
 * What the live page is told, as server-sent events whose data is JSON: one `hello`, then a `frame` for each moment.
 *
 * Frames are differences. The first one is told against nothing, and so has everything as it was at the beginning of what
 * is remembered; those of the remembered minutes follow at once, then one for each moment from now on. A reader that connects
 * again begins with nothing again.
 */
export interface LiveEvents {
  readonly hello: Hello;
  readonly frame: Frame;
}

/** Of what is told: another one wherever a page that is open, of another version of the library, would read it wrongly. */
export const format = 4;

/** Who speaks, and what its numbers are called. */
export interface Hello {
  readonly format: number;
  /** One run of the service: where it is another one than before, every counter has begun anew. */
  readonly run: string;
  /** Labels of the service, `service` and `version` among them. */
  readonly service: Labels;
  /** The process that answers. */
  readonly process: ProcessIdentity;
  /** The service's clock, in seconds since 1970. */
  readonly now: number;
  /** Least seconds between frames while somebody looks. */
  readonly interval: number;
  /** The labels of the families of calls. */
  readonly labels: CallLabels;
  /** What shows each chart in Prometheus, by the chart; a chart that is not here has no such query. */
  readonly queries: Readonly<Record<string, string>>;
  /** The family of each status, by its name. */
  readonly statuses: Readonly<Record<string, StatusFamily>>;
  /** The method of calls whose method the server does not have. */
  readonly unknownMethod: string;
  /** What scrapes call families of the library's own, where it is another name than here; empty where they have none. */
  readonly scraped: Readonly<Record<string, string>>;
}

/** The range of the rates in the queries of the greeting. The page puts the window that its reader chose in its place. */
export const windowPlaceholder = '$window';

/** Which process of a service speaks. */
interface ProcessIdentity {
  /** Name of the machine. In Kubernetes it is the name of the pod. */
  readonly host: string;
  readonly pid: number;
  /** Version of Node.js, such as `v24.1.0`. */
  readonly node: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
}

/** Nobody's error, the caller's, a call that its caller ended, or a fault of the server, which pages somebody. */
export type StatusFamily = 'ok' | 'caller' | 'cancelled' | 'fault';

/** The names of labels, in the families whose roles are those of calls. */
export interface CallLabels {
  readonly method: string;
  readonly status: string;
  /** Of errors: the class of the exception, or the status. */
  readonly errorType: string;
  /** Of channels: their connectivity state. */
  readonly state: string;
}

/**
 * What a family shows. The library gives a role to each of its own families, `library` to those that no chart is made for.
 * A family without a role is the user's, whatever its name is.
 */
export type Role =
  | `${'server' | 'client'}.${CallRole}`
  | `runtime.${RuntimeRole}`
  | `processes.${ProcessRole}`
  | 'library';

export type CallRole =
  /** Counter: finished calls by method and status. */
  | 'requests'
  /** Counter: finished calls that were not OK. */
  | 'errors'
  /** Histogram: seconds, by method. */
  | 'durations'
  /** Gauges, by method. */
  | 'inFlight'
  | 'streams'
  /** Counters of messages, by method. */
  | 'received'
  | 'sent'
  /** Gauge. */
  | 'connections'
  /** Counter, by method. */
  | 'retries'
  /** Gauge, by state. */
  | 'channels';

export type RuntimeRole =
  /** Counter: seconds. */
  | 'cpu'
  /** Gauge: share of the time in which the event loop was busy. */
  | 'loopUtilization'
  /** Gauges: seconds. */
  | 'loopDelayMean'
  | 'loopDelayP99'
  | 'loopDelayMax'
  /** Gauges: bytes. */
  | 'residentMemory'
  | 'heapTotal'
  | 'heapUsed'
  /** Histogram: seconds, by kind. */
  | 'garbageCollection'
  /** Gauge: seconds since 1970. */
  | 'startTime'
  /** Gauge: seconds for which the main thread has been blocked. */
  | 'blocked';

/** Of each of several processes, by the label `worker`. */
export type ProcessRole =
  /** Gauge, with the label `pid`: 1 where the process has not been at work for a while. */
  | 'late'
  /** Counter of calls that ended, by `side`. */
  | 'calls'
  /** Gauges, by `side`. */
  | 'inFlight'
  | 'connections';

/** Everything that is new or has changed since the frame before. Numbers are JSON's: NaN and the infinities are `null`. */
export interface Frame {
  /** Seconds since 1970, increasing. */
  readonly t: number;
  /** Families that are new: each is known by its place in the order in which families were told, from 0. */
  readonly families?: readonly NewFamily[];
  /** Series that are new, each with a number that no other series of this run has. */
  readonly series?: readonly NewSeries[];
  /** Counters and gauges that are new or changed: series, value, series, value, and so on. */
  readonly values?: readonly (number | null)[];
  /** Histograms that are new or changed. */
  readonly histograms?: readonly ChangedHistogram[];
  /** Numbers of series that are gone, also of those that are new in this frame. A series that comes back has a new number. */
  readonly gone?: readonly number[];
  /** Names of families that are left out, as there is no room for all of their series: all of them, whenever they change. */
  readonly left?: readonly string[];
}

/**
 * A summary is told as three families: its quantiles, each a number with the label `quantile`, and two counters
 * of its name with `_sum` and `_count`.
 */
export interface NewFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit?: string;
  readonly role?: Role;
}

/** Bounds are of histograms alone: upper bounds, increasing, without +Inf. */
export type NewSeries = readonly [series: number, family: number, labels: Labels, bounds?: readonly number[]];

/** The sum as it is now, then each bucket that is new or changed: its place, its count (not cumulative), and so on. */
export type ChangedHistogram = readonly [series: number, sum: number | null, ...buckets: number[]];

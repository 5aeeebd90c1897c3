import type { MetricsErrorCode } from '../core/errors.ts';
import type { MetricFamily } from '../core/snapshot.ts';
import type { Counts } from './counts.ts';
import type { RelayedFault } from './relayed-faults.ts';

/** Why the endpoint could not be opened. */
export interface Refused {
  readonly code: MetricsErrorCode | undefined;
  readonly error: Error;
}

/** What has happened in the thread since its last report; its counts are those since its start. */
export interface Report {
  readonly counts: Counts;
  readonly faults: readonly RelayedFault[];
  readonly notes: readonly string[];
}

/** What the main thread says of itself for the live page: all while somebody looks, else what costs nothing. */
export interface PageQuestion {
  readonly isLookedAt: boolean;
}

/** What only the main thread can read: registries that are included, and gauges with a function of the user's. */
export interface ReadKinds {
  readonly hasIncluded: boolean;
  readonly hasGauges: boolean;
}

/** What is to be read. */
export interface ReadQuestion {
  /** Of families; all without names. */
  readonly names: readonly string[];
  /** Names of families of included registries that are left out. */
  readonly without: readonly string[];
  readonly inOpenMetrics: boolean;
}

/** What could be read. */
export interface ReadFamilies {
  readonly included: readonly MetricFamily[];
  readonly gauges: readonly MetricFamily[];
}

/** The main thread has written its book. */
export interface Written {
  /** For the live page. */
  readonly runtime: readonly MetricFamily[];
  readonly kinds: ReadKinds;
}

/** What the thread asks the main thread. */
export type ThreadQuestions = {
  /** Whether to listen: the thread has all ready, and does so as soon as that is answered. An error ends it. */
  readonly begin: (nothing?: undefined) => void;
  readonly opened: (endpoint: { readonly url: string; readonly port: number }) => void;
  readonly refused: (refused: Refused) => void;
  readonly report: (report: Report) => void;
  /** To write everything into the book of the process. */
  readonly write: (page: PageQuestion | undefined) => Written;
  /** To read what only it can read. */
  readonly read: (question: ReadQuestion) => ReadFamilies;
};

/** What the main thread asks the thread. */
export type MainQuestions = {
  /** The books are in another folder now. */
  readonly moved: (folder: string) => void;
  readonly lastScrape: (timeoutSeconds: number) => boolean;
  readonly close: (nothing?: undefined) => void;
};

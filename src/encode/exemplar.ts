import { problemOf } from '../core/exemplars.ts';
import type { Exemplar } from '../core/snapshot.ts';

/** Whether an exemplar may be sent. One that may not, as others' registries have some, would fail the whole scrape. */
export function isSendable(exemplar: Exemplar | undefined): exemplar is Exemplar {
  return exemplar !== undefined && isTime(exemplar.timestamp) && problemOf(exemplar.labels) === undefined;
}

/** Seconds since 1970 that every format can hold (the year 9999 is the last of protobuf's timestamps). */
export function isTime(seconds: number | undefined): seconds is number {
  return seconds !== undefined && seconds >= 0 && seconds < 253_402_300_800;
}

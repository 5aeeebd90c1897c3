import type { Labels, NumberSeries } from '../../core/snapshot.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { serverFaults, status, statusNames } from '../../rpc/status.ts';
import type { Outcomes } from '../projection.ts';
import { errorTypeLabel, labelsOf } from './basic-side.ts';

/** Statuses that have a series from the start. */
const expected: readonly number[] = [status.OK, ...serverFaults];
/** By code. */
const isExpected: readonly boolean[] = statusNames.map((_, code) => expected.includes(code));

/** Ended calls, or attempts, by status. */
export function requestSeries(method: Outcomes): NumberSeries[] {
  const series: NumberSeries[] = [];
  const own = labelsOf(method);
  for (let code = 0; code < statusNames.length; code += 1) {
    const outcome = method.outcome(code);
    if (outcome === undefined && !isExpected[code]) continue;
    const value = outcome?.durations.count ?? 0;
    const labels = { ...own, status: statusNames[code]! };
    series.push({ labels, value, created: createdAt(method, code), exemplar: outcome?.exemplar });
  }
  return series;
}

/** Ended calls that were not OK: by the class of the handler's exception where it is known, else by status. */
export function errorSeries(method: MethodNumbers): NumberSeries[] {
  const series: { labels: Labels; value: number; created: number }[] = [];
  const own = labelsOf(method);
  const byType = new Map<string, (typeof series)[number]>();
  const add = (type: string, value: number, created: number) => {
    const known = byType.get(type);
    if (known === undefined) {
      const one = { labels: { ...own, [errorTypeLabel]: type }, value, created };
      byType.set(type, one);
      series.push(one);
    } else {
      known.value += value;
      known.created = Math.min(known.created, created);
    }
  };
  for (let code = 0; code < statusNames.length; code += 1) {
    const outcome = method.outcome(code);
    if (code === status.OK || (outcome === undefined && !isExpected[code])) continue;
    let unexplained = outcome?.durations.count ?? 0;
    for (const [type, count] of outcome?.errorTypes ?? []) {
      // The method's time, since a class may come under one status first and under an older one later.
      add(type, count, method.created);
      unexplained -= count;
    }
    add(statusNames[code]!, unexplained, createdAt(method, code));
  }
  return series;
}

/** When the series of a status began: with its method, or with the first call of that status. */
function createdAt(method: Outcomes, code: number): number {
  const outcome = isExpected[code] ? undefined : method.outcome(code);
  return outcome?.created ?? method.created;
}

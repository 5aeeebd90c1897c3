import type { CallStore, MethodName } from '../rpc/store.ts';
import type { EntityKey, EntityMeta } from './layout.ts';
import { type SeriesLimit, seriesKey } from './series-limits.ts';

/** All series of calls count together. */
export const callGroup = 'call';

/** What the numbers of these calls are called in a book. */
export function callKey(side: 'server' | 'client', { path, labels, target }: MethodName): EntityKey {
  const sorted = Object.entries(labels).sort(([some], [other]) => (some < other ? -1 : 1));
  return ['call', side, path, JSON.stringify(sorted), ...(target === undefined ? [] : [target])];
}

/** The limit of a method as its meta has it. */
export function callLimit(store: CallStore, method: MethodName, known: EntityMeta): { readonly series?: SeriesLimit } {
  const limit = store.limitOf(method);
  if (limit === undefined || limit.upTo === Infinity) return {};
  const { cost, upTo, base, others } = limit;
  // Of `other` methods nothing is known but their labels.
  const meta = others.path === method.path ? known : {};
  return {
    series: {
      group: callGroup,
      cost,
      upTo,
      base: base && seriesKey(callKey(store.side, base)),
      others: {
        key: callKey(store.side, others),
        meta: { ...meta, labels: others.labels, ...callLimit(store, others, meta) },
      },
    },
  };
}

import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { Faults } from '../../rpc/faults.ts';
import { self } from './self.ts';

const excluded = { server: { excluded: 3 }, client: { excluded: 4 } };

test('faults by stage, each from zero', () => {
  const faults = new Faults(() => {});
  const collector = self(faults, excluded);
  const read = (): Record<string, number> =>
    Object.fromEntries(
      collected(collector)[0]!.series.map((series) => [series.labels.stage, 'value' in series && series.value]),
    );

  const none = { call: 0, connection: 0, exemplar: 0, include: 0, label: 0, listener: 0, metric: 0, scrape: 0 };
  expect(read()).toEqual(none);
  for (const stage of ['scrape', 'call', 'scrape'] as const) faults.count(stage, 'x');
  expect(read()).toEqual({ ...none, call: 1, scrape: 2 });
});

test('its families', () => {
  const faults = new Faults(() => {});
  const collector = self(faults, excluded);
  const head = {
    name: 'grpc_vitals_errors_total',
    type: 'counter',
    help: 'Faults inside the metrics library, by stage; no call was affected',
  };
  const dropped = {
    name: 'grpc_vitals_series_dropped_total',
    type: 'counter',
    help: 'Observations counted under "other" because a series limit was reached',
  };
  const left = {
    name: 'grpc_vitals_calls_excluded_total',
    type: 'counter',
    help: 'Calls not recorded because of the options only and exclude, by side',
  };
  expect(collector.families).toEqual([head, dropped, left]);
  const series = ['call', 'connection', 'exemplar', 'include', 'label', 'listener', 'metric', 'scrape'].map(
    (stage) => ({
      labels: { stage },
      value: 0,
    }),
  );
  for (const times of [1, 2]) faults.fold('series', `${times}`);
  const folded = Object.entries({ label_values: 0, methods: 0, metric: 0, series: 2, targets: 0 });
  expect(collected(collector)).toEqual([
    { ...head, series },
    { ...dropped, series: folded.map(([limit, value]) => ({ labels: { limit }, value })) },
    {
      ...left,
      series: [
        { labels: { side: 'server' }, value: 3 },
        { labels: { side: 'client' }, value: 4 },
      ],
    },
  ]);
});

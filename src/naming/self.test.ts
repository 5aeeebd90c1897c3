import { expect, test } from 'vitest';
import { collected } from '../../test/collected.ts';
import { Faults } from '../core/faults.ts';
import { self } from './self.ts';

test('faults by stage, each from zero', () => {
  const faults = new Faults(() => {});
  const collector = self(faults);
  const read = (): Record<string, number> =>
    Object.fromEntries(
      collected(collector)[0]!.series.map((series) => [series.labels.stage, 'value' in series && series.value]),
    );

  expect(read()).toEqual({ call: 0, connection: 0, include: 0, metric: 0, scrape: 0 });
  for (const stage of ['scrape', 'call', 'scrape'] as const) faults.count(stage, 'x');
  expect(read()).toEqual({ call: 1, connection: 0, include: 0, metric: 0, scrape: 2 });
});

test('its family', () => {
  const collector = self(new Faults(() => {}));
  const head = {
    name: 'grpc_vitals_errors_total',
    type: 'counter',
    help: 'Faults inside the metrics library by stage; none of them touched a call',
  };
  expect(collector.families).toEqual([head]);
  const series = ['call', 'connection', 'include', 'metric', 'scrape'].map((stage) => ({
    labels: { stage },
    value: 0,
  }));
  expect(collected(collector)).toEqual([{ ...head, series }]);
});

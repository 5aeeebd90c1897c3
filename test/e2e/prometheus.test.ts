import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectSame, settle } from '../support/compare.ts';
import {
  alertExpressions,
  deployedQueries,
  isOfClients,
  isOfDetails,
  recordingRules,
} from '../support/deploy/queries.ts';
import {
  callsIn,
  durationsIn,
  errorTypesIn,
  isError,
  isServerFault,
  messagesIn,
  plus,
  requestsIn,
  sharesIn,
  shopMethods,
} from '../support/expected.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { jobName } from './deployed.ts';
import { type Engine, engines, Observation } from './observation.ts';
import { bucketGrowth, growth, rawSamples, tableOf } from './samples.ts';

const GET_ORDER = '/shop.v1.Orders/GetOrder';
const WATCH_ORDER = '/shop.v1.Orders/WatchOrder';

describeWith([...engines, 'promtool', 'promtool3'], 'what Prometheus says of the shop', (paths) => {
  const observation = new Observation();
  const { running } = observation;

  beforeAll(() => observation.open(paths));
  afterAll(() => observation.close());

  /** States of the alerts on targets that are down. */
  const statesOf = async (engine: Engine) =>
    (await running[engine].rules())
      .filter(({ name }) => name === 'TargetDown' || name === 'JobDown')
      .map(({ state }) => state);

  describe.each(engines)('%s, with the clients connected', (engine) => {
    /** The answer to an expression for the moment after the calls, by these labels. */
    const ask = async (expr: string, ...labels: string[]) =>
      tableOf(await running[engine].query(expr, observation.at[engine]), ...labels);
    /** The answer for now, by method. */
    const askNow = async (expr: string) => tableOf(await running[engine].query(expr), 'method');
    const raw = (selector: string) => rawSamples(running[engine].url, selector, observation.at[engine]);

    test('has scraped its target without an error', async () => {
      const targets = await running[engine].targets();
      const { metricsUrl } = observation.shop;
      expect(targets).toEqual([expect.objectContaining({ scrapeUrl: metricsUrl, health: 'up', lastError: '' })]);
      expect(await ask('min_over_time(up[5m])', 'job')).toEqual({ [jobName]: 1 });
    });

    test('counts the calls, and nothing else', async () => {
      const { earlier, observed } = observation;
      expect(await ask('grpc_requests_total', 'method', 'status')).toEqual(
        plus(requestsIn(earlier), requestsIn(observed)),
      );
      expect(await ask('sum by (error_type) (grpc_errors_total)', 'error_type')).toEqual(
        plus(errorTypesIn(earlier), errorTypesIn(observed)),
      );
      expect(await ask('grpc_request_duration_seconds_count', 'method')).toEqual(
        plus(callsIn(earlier), callsIn(observed)),
      );
      expect(await ask('sum(grpc_rejected_total)')).toEqual({ '': 0 });
      expect(await ask('sum(grpc_vitals_errors_total)')).toEqual({ '': 0 });
    });

    test('counts the messages', async () => {
      const { earlier, observed } = observation;
      expect(await ask('grpc_messages_received_total', 'method')).toEqual(
        plus(messagesIn(earlier.messagesSent), messagesIn(observed.messagesSent)),
      );
      expect(await ask('grpc_messages_sent_total', 'method')).toEqual(
        plus(messagesIn(earlier.messagesReceived), messagesIn(observed.messagesReceived)),
      );
    });

    test('sees no call in flight, the open connections, and what runs', async () => {
      expect(await ask('grpc_requests_in_flight', 'method')).toEqual(
        Object.fromEntries([...shopMethods, 'unknown'].map((method) => [method, 0])),
      );
      expect(await ask('grpc_active_connections', 'job')).toEqual({ [jobName]: observation.observed.connections });
      expect(await ask('grpc_service_info', 'service', 'version')).toEqual({ 'shop 1.0.0': 1 });
    });

    test('has seen each series grow by the calls that were made', async () => {
      expect(growth(await raw('grpc_requests_total[5m]'), 'method', 'status')).toEqual(
        requestsIn(observation.observed),
      );
    });

    test('rate() is these calls, extrapolated by half an interval', async () => {
      const series = await raw('grpc_requests_total[5m]');
      const [times, ...others] = series.map(({ samples }) => samples.map(([time]) => time));
      for (const other of others) expect(other).toEqual(times);
      const n = times!.length;
      // With fewer the first sample, a third of the last one, would be within 1.1 intervals of 0. See Observation.
      expect(n).toBeGreaterThanOrEqual(4);
      // Before the first sample only: the last one is at the end of the window.
      const factor = 1 + 0.5 / (n - 1);
      const calls = Object.entries(requestsIn(observation.observed));
      const rates = Object.fromEntries(calls.map(([key, count]) => [key, (count * factor) / 300]));
      expectSame(await ask('rate(grpc_requests_total[5m])', 'method', 'status'), rates);
    });

    test('the share of errors is that of the calls, also where it is 0', async () => {
      const errors = 'sum by (method) (rate(grpc_errors_total[5m]))';
      const shares = await ask(`${errors} / sum by (method) (rate(grpc_requests_total[5m]))`, 'method');
      expectSame(shares, sharesIn(observation.observed, isError));
      // The obvious form has an error_type on one side and a status on the other: nothing matches.
      expect(await ask('rate(grpc_errors_total[5m]) / rate(grpc_requests_total[5m])', 'method')).toEqual({});
    });

    describe('durations', () => {
      test('are as many as the calls, and about as long', async () => {
        const durations = durationsIn(observation.observed);
        const allowed = slack(durations);
        const [counts, sums, buckets] = await Promise.all([
          raw('grpc_request_duration_seconds_count[5m]'),
          raw('grpc_request_duration_seconds_sum[5m]'),
          raw('grpc_request_duration_seconds_bucket[5m]'),
        ]);
        expect(growth(counts, 'method')).toEqual(callsIn(observation.observed));
        const totals = growth(sums, 'method');
        const histograms = bucketGrowth(buckets);
        for (const [method, seconds] of Object.entries(durations)) {
          const total = seconds.reduce((sum, each) => sum + each, 0);
          const difference = Math.abs(totals[method]! - total);
          expect(difference, method).toBeLessThan(seconds.length * allowed);
          const measured = (limit: number) => seconds.filter((each) => each <= limit).length;
          // One call in twenty may have waited for a busy processor on its way.
          const late = Math.ceil(seconds.length / 20);
          for (const [bound, count] of histograms[method]!) {
            expect(count, `${method} up to ${bound} s`).toBeGreaterThanOrEqual(measured(bound - allowed));
            expect(count, `${method} up to ${bound} s`).toBeLessThanOrEqual(measured(bound + allowed) + late);
          }
        }
      });

      test('have their 95th percentile in the bucket where the clients have it', async () => {
        const expr = 'histogram_quantile(0.95, rate(grpc_request_duration_seconds_bucket[5m]))';
        const quantiles = await ask(expr, 'method');
        const durations = durationsIn(observation.observed);
        const allowed = slack(durations);
        const histograms = bucketGrowth(await raw('grpc_request_duration_seconds_bucket[5m]'));
        expect(Object.keys(quantiles).sort()).toEqual(Object.keys(durations).sort());
        for (const [method, seconds] of Object.entries(durations)) {
          const bucketOf = (limit: number) => histograms[method]!.findIndex(([bound]) => limit <= bound);
          const measured = seconds[Math.ceil(0.95 * seconds.length) - 1]!;
          expect(bucketOf(quantiles[method]!), method).toBeGreaterThanOrEqual(bucketOf(measured - allowed));
          expect(bucketOf(quantiles[method]!), method).toBeLessThanOrEqual(bucketOf(measured + allowed));
        }
        // A quarter of these end by a deadline after 300 or 400 ms, far from any bound.
        for (const method of [GET_ORDER, WATCH_ORDER]) {
          expect(quantiles[method]).toBeGreaterThan(0.25);
          expect(quantiles[method]).toBeLessThanOrEqual(0.5);
        }
      });
    });

    test('evaluates all rules without an error', async () => {
      await settle(async () => {
        const rules = await running[engine].rules();
        expect(rules).toHaveLength(recordingRules().length + alertExpressions().length);
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      });
    });

    test('has data for each panel, each rule and each side of an alert', async () => {
      const queries = deployedQueries().filter((query) => !isOfClients(query) && !isOfDetails(query));
      await settle(async () => {
        const answers = await Promise.all(queries.map((query) => running[engine].query(query)));
        const empty = queries.filter((_, index) => !answers[index]!.some(({ value }) => Number.isFinite(value)));
        expect(empty).toEqual([]);
      });
    });

    test('has recorded the shares, and the alert on them waits', async () => {
      const shares = Object.entries(sharesIn(observation.observed, isServerFault));
      const known = shares.filter(([method]) => method !== 'unknown');
      const failing = known.filter(([, share]) => share > 0.05).map(([method]) => method);
      expect(failing).toHaveLength(3);
      await settle(async () => {
        expectSame(
          await askNow('job_method:grpc_errors_per_requests:ratio_rate5m'),
          sharesIn(observation.observed, isError),
        );
        expectSame(await askNow('job_method:grpc_server_faults_per_requests:ratio_rate5m'), Object.fromEntries(known));
        const alerts = await askNow('ALERTS{alertname="GrpcServerFaultRatioHigh", alertstate="pending"}');
        expect(Object.keys(alerts).sort()).toEqual(failing.sort());
      });
    });
  });

  test.each(['promtool', 'promtool3'] as const)('%s finds nothing wrong with a scrape', async (promtool) => {
    const response = await fetch(observation.shop.metricsUrl);
    expect(await checkMetrics(paths[promtool], await response.text())).toEqual({ ok: true, output: '' });
  });

  describe('with the clients gone', () => {
    beforeAll(async () => {
      await observation.disconnect();
      await observation.call({ bugInStream: 1 });
      await observation.scrapes(2);
    });

    test.each(engines)('%s sees no connection', async (engine) => {
      expect(tableOf(await running[engine].query('grpc_active_connections'), 'job')).toEqual({ [jobName]: 0 });
    });

    // The reason why the rules read faults from grpc_requests_total.
    test.each(engines)('%s sees the first failure of a method by its status, not by its exception', async (engine) => {
      const at = await observation.lastScrape(engine);
      const bugs = (metric: string, label: string) =>
        running[engine].query(`increase(${metric}{method="${WATCH_ORDER}", ${label}}[5m])`, at);
      const [byStatus, byException] = await Promise.all([
        bugs('grpc_requests_total', 'status="UNKNOWN"'),
        bugs('grpc_errors_total', 'error_type="TypeError"'),
      ]);
      expectSame(tableOf(byStatus, 'status'), { UNKNOWN: 1 });
      expect(tableOf(byException, 'error_type')).toEqual({ TypeError: 0 });
    });
  });

  describe('with the service gone', () => {
    beforeAll(async () => {
      for (const engine of engines) expect(await statesOf(engine)).toEqual(['inactive', 'inactive']);
      await observation.disconnect();
      await observation.closeShop();
    });

    test.each(engines)('%s sees that it is down, and the alerts wait', async (engine) => {
      await settle(async () => {
        expect(tableOf(await running[engine].query('up'), 'job')).toEqual({ [jobName]: 0 });
        expect(await statesOf(engine)).toEqual(['pending', 'pending']);
      });
      expect(await running[engine].targets()).toEqual([
        expect.objectContaining({ health: 'down', lastError: expect.stringContaining('connection refused') }),
      ]);
      // Its series have ended with it, so that nothing old is taken for current.
      expect(await running[engine].query('grpc_active_connections')).toEqual([]);
    });
  });
});

/**
 * By how much a client's duration and the server's of the same call may differ, in seconds: the network and the turns of
 * the event loop. Calls of unknown methods are nothing else, the server takes microseconds for them. Measured: the slowest
 * of these 5 ms, the difference 6 ms; beside four busy processes on two processors 9 and 30 ms, and beside ten once more than that.
 */
function slack(durations: ReturnType<typeof durationsIn>): number {
  return 0.06 + 2 * durations.unknown!.at(-1)!;
}

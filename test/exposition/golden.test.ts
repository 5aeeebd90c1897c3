import { expect, test } from 'vitest';
import { Registry } from '../../src/core/registry.ts';
import { text as textEncoding } from '../../src/encode/text.ts';
import { GrpcMetrics } from '../../src/metrics.ts';
import { scrape as scrapeCollector } from '../../src/naming/own/scrape.ts';
import { self } from '../../src/naming/own/self.ts';
import { serverMetrics } from '../../src/naming/own/servers.ts';
import { service } from '../../src/naming/own/service.ts';
import { basic } from '../../src/naming/vocabularies/basic.ts';
import { unknownCall } from '../../src/rpc/call.ts';
import { ClientStore } from '../../src/rpc/client-store.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';
import { ScrapeStats } from '../../src/scrape/scrape-stats.ts';
import { encodeText } from '../support/exposition/encode-text.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';

const info = { name: 'shop', version: '1.2.3', team: 'a "b"' };

const empty = `# HELP grpc_active_connections Active connections
# TYPE grpc_active_connections gauge
grpc_active_connections 0
# HELP grpc_rejected_total Requests and connections rejected before they became an RPC
# TYPE grpc_rejected_total counter
grpc_rejected_total{reason="content_type"} 0
grpc_rejected_total{reason="protocol"} 0
grpc_rejected_total{reason="tls_handshake"} 0
# HELP grpc_server_draining Whether a server has stopped accepting calls: 1 while it drains and after it has shut down
# TYPE grpc_server_draining gauge
grpc_server_draining 0
# HELP grpc_service_info Service metadata
# TYPE grpc_service_info gauge
grpc_service_info{service="shop",version="1.2.3",team="a \\"b\\""} 1
# HELP grpc_vitals_errors_total Faults inside the metrics library, by stage; no call was affected
# TYPE grpc_vitals_errors_total counter
grpc_vitals_errors_total{stage="call"} 0
grpc_vitals_errors_total{stage="connection"} 0
grpc_vitals_errors_total{stage="exemplar"} 0
grpc_vitals_errors_total{stage="include"} 0
grpc_vitals_errors_total{stage="label"} 0
grpc_vitals_errors_total{stage="listener"} 0
grpc_vitals_errors_total{stage="metric"} 0
grpc_vitals_errors_total{stage="scrape"} 0
# HELP grpc_vitals_series_dropped_total Observations counted under "other" because a series limit was reached
# TYPE grpc_vitals_series_dropped_total counter
grpc_vitals_series_dropped_total{limit="label_values"} 0
grpc_vitals_series_dropped_total{limit="methods"} 0
grpc_vitals_series_dropped_total{limit="metric"} 0
grpc_vitals_series_dropped_total{limit="series"} 0
grpc_vitals_series_dropped_total{limit="targets"} 0
# HELP grpc_vitals_calls_excluded_total Calls not recorded because of the options only and exclude, by side
# TYPE grpc_vitals_calls_excluded_total counter
grpc_vitals_calls_excluded_total{side="server"} 0
grpc_vitals_calls_excluded_total{side="client"} 0
`;

/** What the endpoint says of itself before the first scrape over HTTP. */
const scrapes = `# HELP promhttp_metric_handler_requests_total Scrapes answered, by HTTP status code
# TYPE promhttp_metric_handler_requests_total counter
promhttp_metric_handler_requests_total{code="200"} 0
promhttp_metric_handler_requests_total{code="500"} 0
promhttp_metric_handler_requests_total{code="503"} 0
# HELP promhttp_metric_handler_requests_in_flight Scrapes in progress
# TYPE promhttp_metric_handler_requests_in_flight gauge
promhttp_metric_handler_requests_in_flight 0
# HELP promhttp_metric_handler_errors_total Scrapes that failed, by cause: gathering or encoding
# TYPE promhttp_metric_handler_errors_total counter
promhttp_metric_handler_errors_total{cause="gathering"} 0
promhttp_metric_handler_errors_total{cause="encoding"} 0
# HELP grpc_vitals_scrape_duration_seconds Time until the answer to a scrape is ready to be sent
# TYPE grpc_vitals_scrape_duration_seconds histogram
grpc_vitals_scrape_duration_seconds_bucket{le="0.001"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.0025"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.005"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.01"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.025"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.05"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.1"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.25"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="0.5"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="1"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="2.5"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="5"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="10"} 0
grpc_vitals_scrape_duration_seconds_bucket{le="+Inf"} 0
grpc_vitals_scrape_duration_seconds_sum 0
grpc_vitals_scrape_duration_seconds_count 0
# HELP grpc_vitals_scrape_size_bytes Size of the last complete scrape before compression
# TYPE grpc_vitals_scrape_size_bytes gauge
grpc_vitals_scrape_size_bytes 0
`;

/** What is added by the metrics of `declare`. */
const own = `# HELP business_operations_total Business operations
# TYPE business_operations_total counter
business_operations_total{operation_type="user_creation"} 2
business_operations_total{operation_type="a\\\\b\\n\\"c\\""} 1
# HELP queue_length Jobs that wait
# TYPE queue_length gauge
queue_length -1.5
# HELP job_duration_seconds How long jobs took,\\nin all
# TYPE job_duration_seconds histogram
job_duration_seconds_bucket{kind="mail",le="0.5"} 1
job_duration_seconds_bucket{kind="mail",le="1e+06"} 2
job_duration_seconds_bucket{kind="mail",le="+Inf"} 3
job_duration_seconds_sum{kind="mail"} 2.00000175e+06
job_duration_seconds_count{kind="mail"} 3
`;

function declare(metrics: GrpcMetrics): void {
  const operations = metrics.counter({
    name: 'business_operations_total',
    help: 'Business operations',
    labelNames: ['operation_type'],
  });
  operations.labels({ operation_type: 'user_creation' }).inc(2);
  operations.labels({ operation_type: 'a\\b\n"c"' }).inc();
  metrics.gauge({ name: 'queue_length', help: 'Jobs that wait' }).set(-1.5);
  metrics.counter({ name: 'unused_total', help: 'Without a series', labelNames: ['a'] });
  const durations = metrics.histogram({
    name: 'job_duration_seconds',
    help: 'How long jobs took,\nin all',
    labelNames: ['kind'],
    buckets: [0.5, 1e6],
  });
  for (const seconds of [0.5, 1.25, 2e6]) durations.labels({ kind: 'mail' }).observe(seconds);
}

/** The scrape of the server in `serve`. */
const busy = `# HELP grpc_requests_total Total gRPC requests
# TYPE grpc_requests_total counter
grpc_requests_total{method="/shop.v1.Shop/Buy",status="OK"} 2
grpc_requests_total{method="/shop.v1.Shop/Buy",status="UNKNOWN"} 1
grpc_requests_total{method="/shop.v1.Shop/Buy",status="DEADLINE_EXCEEDED"} 0
grpc_requests_total{method="/shop.v1.Shop/Buy",status="NOT_FOUND"} 1
grpc_requests_total{method="/shop.v1.Shop/Buy",status="UNIMPLEMENTED"} 0
grpc_requests_total{method="/shop.v1.Shop/Buy",status="INTERNAL"} 0
grpc_requests_total{method="/shop.v1.Shop/Buy",status="UNAVAILABLE"} 0
grpc_requests_total{method="/shop.v1.Shop/Buy",status="DATA_LOSS"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="OK"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="UNKNOWN"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="DEADLINE_EXCEEDED"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="UNIMPLEMENTED"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="INTERNAL"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="UNAVAILABLE"} 0
grpc_requests_total{method="/shop.v1.Shop/Watch",status="DATA_LOSS"} 0
grpc_requests_total{method="unknown",status="OK"} 0
grpc_requests_total{method="unknown",status="UNKNOWN"} 0
grpc_requests_total{method="unknown",status="DEADLINE_EXCEEDED"} 0
grpc_requests_total{method="unknown",status="UNIMPLEMENTED"} 1
grpc_requests_total{method="unknown",status="INTERNAL"} 0
grpc_requests_total{method="unknown",status="UNAVAILABLE"} 0
grpc_requests_total{method="unknown",status="DATA_LOSS"} 0
# HELP grpc_request_duration_seconds Request duration
# TYPE grpc_request_duration_seconds histogram
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Buy",le="0.25"} 1
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Buy",le="1"} 3
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Buy",le="+Inf"} 4
grpc_request_duration_seconds_sum{method="/shop.v1.Shop/Buy"} 3.75
grpc_request_duration_seconds_count{method="/shop.v1.Shop/Buy"} 4
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Watch",le="0.25"} 0
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Watch",le="1"} 0
grpc_request_duration_seconds_bucket{method="/shop.v1.Shop/Watch",le="+Inf"} 0
grpc_request_duration_seconds_sum{method="/shop.v1.Shop/Watch"} 0
grpc_request_duration_seconds_count{method="/shop.v1.Shop/Watch"} 0
grpc_request_duration_seconds_bucket{method="unknown",le="0.25"} 1
grpc_request_duration_seconds_bucket{method="unknown",le="1"} 1
grpc_request_duration_seconds_bucket{method="unknown",le="+Inf"} 1
grpc_request_duration_seconds_sum{method="unknown"} 0
grpc_request_duration_seconds_count{method="unknown"} 1
# HELP grpc_errors_total Total gRPC errors
# TYPE grpc_errors_total counter
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="TypeError"} 1
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="UNKNOWN"} 0
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="DEADLINE_EXCEEDED"} 0
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="NOT_FOUND"} 1
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="UNIMPLEMENTED"} 0
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="INTERNAL"} 0
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="UNAVAILABLE"} 0
grpc_errors_total{method="/shop.v1.Shop/Buy",error_type="DATA_LOSS"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="UNKNOWN"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="DEADLINE_EXCEEDED"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="UNIMPLEMENTED"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="INTERNAL"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="UNAVAILABLE"} 0
grpc_errors_total{method="/shop.v1.Shop/Watch",error_type="DATA_LOSS"} 0
grpc_errors_total{method="unknown",error_type="UNKNOWN"} 0
grpc_errors_total{method="unknown",error_type="DEADLINE_EXCEEDED"} 0
grpc_errors_total{method="unknown",error_type="UNIMPLEMENTED"} 1
grpc_errors_total{method="unknown",error_type="INTERNAL"} 0
grpc_errors_total{method="unknown",error_type="UNAVAILABLE"} 0
grpc_errors_total{method="unknown",error_type="DATA_LOSS"} 0
# HELP grpc_active_connections Active connections
# TYPE grpc_active_connections gauge
grpc_active_connections 1
# HELP grpc_requests_in_flight Requests in progress
# TYPE grpc_requests_in_flight gauge
grpc_requests_in_flight{method="/shop.v1.Shop/Buy"} 0
grpc_requests_in_flight{method="/shop.v1.Shop/Watch"} 1
grpc_requests_in_flight{method="unknown"} 0
# HELP grpc_messages_received_total Request messages received
# TYPE grpc_messages_received_total counter
grpc_messages_received_total{method="/shop.v1.Shop/Buy"} 4
grpc_messages_received_total{method="/shop.v1.Shop/Watch"} 0
grpc_messages_received_total{method="unknown"} 0
# HELP grpc_messages_sent_total Response messages sent
# TYPE grpc_messages_sent_total counter
grpc_messages_sent_total{method="/shop.v1.Shop/Buy"} 0
grpc_messages_sent_total{method="/shop.v1.Shop/Watch"} 3
grpc_messages_sent_total{method="unknown"} 0
# HELP grpc_requests_abandoned_total Requests whose handler answered after the client had left or the deadline had passed
# TYPE grpc_requests_abandoned_total counter
grpc_requests_abandoned_total{method="/shop.v1.Shop/Buy"} 0
grpc_requests_abandoned_total{method="/shop.v1.Shop/Watch"} 0
grpc_requests_abandoned_total{method="unknown"} 0
# HELP grpc_handler_rejections_total Async handlers that rejected
# TYPE grpc_handler_rejections_total counter
grpc_handler_rejections_total{method="/shop.v1.Shop/Buy"} 0
grpc_handler_rejections_total{method="/shop.v1.Shop/Watch"} 0
grpc_handler_rejections_total{method="unknown"} 0
# HELP grpc_rejected_total Requests and connections rejected before they became an RPC
# TYPE grpc_rejected_total counter
grpc_rejected_total{reason="content_type"} 0
grpc_rejected_total{reason="protocol"} 0
grpc_rejected_total{reason="tls_handshake"} 1
# HELP grpc_server_draining Whether a server has stopped accepting calls: 1 while it drains and after it has shut down
# TYPE grpc_server_draining gauge
grpc_server_draining 0
# HELP grpc_service_info Service metadata
# TYPE grpc_service_info gauge
grpc_service_info{service="shop",version="1.2.3",team="a \\"b\\""} 1
# HELP grpc_vitals_errors_total Faults inside the metrics library, by stage; no call was affected
# TYPE grpc_vitals_errors_total counter
grpc_vitals_errors_total{stage="call"} 1
grpc_vitals_errors_total{stage="connection"} 0
grpc_vitals_errors_total{stage="exemplar"} 0
grpc_vitals_errors_total{stage="include"} 0
grpc_vitals_errors_total{stage="label"} 0
grpc_vitals_errors_total{stage="listener"} 0
grpc_vitals_errors_total{stage="metric"} 0
grpc_vitals_errors_total{stage="scrape"} 0
# HELP grpc_vitals_series_dropped_total Observations counted under "other" because a series limit was reached
# TYPE grpc_vitals_series_dropped_total counter
grpc_vitals_series_dropped_total{limit="label_values"} 0
grpc_vitals_series_dropped_total{limit="methods"} 0
grpc_vitals_series_dropped_total{limit="metric"} 0
grpc_vitals_series_dropped_total{limit="series"} 0
grpc_vitals_series_dropped_total{limit="targets"} 0
# HELP grpc_vitals_calls_excluded_total Calls not recorded because of the options only and exclude, by side
# TYPE grpc_vitals_calls_excluded_total counter
grpc_vitals_calls_excluded_total{side="server"} 0
grpc_vitals_calls_excluded_total{side="client"} 0
`;

/** The parts that `GrpcMetrics` puts together. */
function parts() {
  const faults = new Faults(() => {});
  const registry = new Registry(faults);
  const store = new ServerStore(faults, { buckets: [0.25, 1], clock: () => 0 });
  const clients = basic.client.project(new ClientStore(faults)); // none: not a line in the golden
  const first = [serverMetrics(store), service(info), self(faults, { server: store, client: store })];
  const rest = [...first, scrapeCollector(new ScrapeStats())];
  for (const collector of [basic.server.project(store), clients, ...rest]) registry.add(collector);
  return { faults, registry, store };
}

/** A server with one connection, four calls that ended in three ways, one in flight, and a method that nobody knows. */
function serve(): string {
  const { faults, registry, store } = parts();
  const ended: [milliseconds: number, code: number, errorType?: string][] = [
    [250, 0],
    [1000, 0],
    [500, 2, 'TypeError'],
    [2000, 5],
  ];
  for (const [milliseconds, code, errorType] of ended) {
    const method = store.method('/shop.v1.Shop/Buy')!;
    method.started += 1;
    method.received();
    method.finish(code, milliseconds / 1000, errorType);
  }
  const watching = store.method('/shop.v1.Shop/Watch')!;
  watching.started += 1;
  for (let message = 0; message < 3; message += 1) watching.sent();
  unknownCall(store, 12);
  store.connections = 1;
  store.rejected.tls_handshake = 1;
  faults.count('call', 'for the golden');
  return encodeText(registry.collect());
}

async function rendered(use: (metrics: GrpcMetrics) => void): Promise<string> {
  const metrics = new GrpcMetrics({ service: info });
  use(metrics);
  const { contentType, body } = await metrics.render();
  expect(contentType).toBe(textEncoding.contentType);
  expect(body).toBe(encodeText(metrics.collect()));
  return String(body);
}

const goldens: [name: string, scrape: () => string | Promise<string>, golden: string][] = [
  ['before the first method', () => rendered(() => {}), empty + scrapes],
  ["with the user's own metrics", () => rendered(declare), empty + scrapes + own],
  ['after calls', serve, busy + scrapes],
];
test.each(goldens)('a scrape, whole: %s', async (_name, scrape, golden) => {
  expect(await scrape()).toBe(golden);
});

test('GrpcMetrics puts together what the golden after calls was made of', () => {
  expect(new GrpcMetrics({ service: info }).collect()).toEqual(parts().registry.collect());
});

const broken: [name: string, text: string, says: RegExp][] = [
  ['a counter without _total', '# HELP x X\n# TYPE x counter\nx 1\n', /"_total"/],
  ['no help', '# TYPE x_total counter\nx_total 1\n', /no help/],
  ['a quote that is not escaped', '# HELP x X\n# TYPE x gauge\nx{a="b"c"} 1\n', /expected/],
  ['a type that comes twice', '# HELP x X\n# TYPE x gauge\n# TYPE x gauge\nx 1\n', /second TYPE/],
  ['no line end', '# HELP x X\n# TYPE x gauge\nx 1', /unexpected end/],
];

describeWith(['promtool', 'promtool3'], 'promtool has nothing to say about', (paths) => {
  for (const [version, promtool] of Object.entries(paths)) {
    test.each(goldens)(`${version}: %s`, async (_name, scrape) => {
      expect(await checkMetrics(promtool, await scrape())).toEqual({ ok: true, output: '' });
    });

    test.each(broken)(`${version} would have: %s`, async (_name, text, says) => {
      const { ok, output } = await checkMetrics(promtool, text);
      expect(output).toMatch(says);
      expect(ok).toBe(false);
    });
  }
});

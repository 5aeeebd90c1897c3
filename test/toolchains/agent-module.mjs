/**
 * An ES module that drives all endings, with the agents that `--import` has started, and prints what the client got and what
 * was recorded.
 */
import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, instrument } from 'grpc-vitals';
import endingsOf from './agent-endings.cjs';

const { definition, served, implementation, driveAll, isLate } = endingsOf(grpc);
process.on('unhandledRejection', () => {});

/** `Method LABEL` to its value, of one metric. */
function counts(metrics, name, label) {
  const { series } = metrics.collect().find((family) => family.name === name);
  const found = series
    .filter(({ value }) => value !== 0)
    .map(({ labels, value }) => [`${labels.method?.replace('/test.v1.Agents/', '')} ${labels[label]}`, value]);
  return Object.fromEntries(found);
}

async function runOnce(order) {
  const server = new grpc.Server();
  if (order === 'addService first') server.addService(served, implementation);
  const metrics = instrument(server);
  if (order === 'instrument first') server.addService(served, implementation);
  const port = await new Promise((resolve, reject) => {
    const plain = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', plain, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const ofClient = new GrpcMetrics();
  const Client = grpc.makeGenericClientConstructor(definition, 'Agents');
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), ofClient.clientOptions());
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
  });
  const got = await driveAll(client);
  const inFlight = () => ({
    ...counts(metrics, 'grpc_requests_in_flight'),
    ...counts(ofClient, 'grpc_client_requests_in_flight'),
  });
  for (const end = Date.now() + 5000; Object.keys(inFlight()).length > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  client.close();
  await new Promise((resolve) => server.tryShutdown(resolve));
  return {
    got: Object.fromEntries(Object.entries(got).map(([name, text]) => [name, text.split(/[ ,]/, 1)[0]])),
    recorded: counts(metrics, 'grpc_requests_total', 'status'),
    recordedByClient: counts(ofClient, 'grpc_client_requests_total', 'status'),
    errors: counts(metrics, 'grpc_errors_total', 'error_type'),
    inFlight: inFlight(),
    faults: [metrics, ofClient].map((one) => counts(one, 'grpc_vitals_errors_total', 'stage')),
  };
}

/** Repeats a run whose calls were late. */
async function run(order) {
  for (let left = 4; ; left -= 1) {
    const result = await runOnce(order);
    if (!isLate() || left === 0) return result;
  }
}

const runs = { 'instrument first': await run('instrument first'), 'addService first': await run('addService first') };
// The last line: agents print what they like before.
process.stdout.write(`\n${JSON.stringify(runs)}\n`, () => process.exit());

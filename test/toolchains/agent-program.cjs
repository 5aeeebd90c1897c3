/**
 * Drives all endings with an agent in the process, which `agent.cjs` starts, and prints for each server and client what the
 * client got, what was recorded, and what the agent traced. The first ones are without metrics.
 */
'use strict';

const [loading] = process.argv.slice(2);
const loaders = { agent: () => require('./agent.cjs'), vitals: () => require('grpc-vitals') };
const order = loading === 'agent first' ? ['agent', 'vitals'] : ['vitals', 'agent'];
const { agent, vitals } = Object.fromEntries(order.map((name) => [name, loaders[name]()]));
// Only now, so that the agent sees it being loaded.
const grpc = require('@grpc/grpc-js');
const { definition, served, implementation, driveAll, isLate } = require('./endings.cjs')(grpc);

let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

const servers = {
  none: () => new grpc.Server(),
  'instrument, then addService': (metrics) => {
    const server = new grpc.Server();
    metrics.instrument(server);
    return server;
  },
  'addService, then instrument': () => new grpc.Server(),
  serverInterceptor: (metrics) => new grpc.Server({ interceptors: [metrics.serverInterceptor()] }),
};
const Client = grpc.makeGenericClientConstructor(definition, 'Agents');
const insecure = grpc.credentials.createInsecure();
const ownPool = { 'grpc.use_local_subchannel_pool': 1 };
const clients = {
  none: (address) => new Client(address, insecure, ownPool),
  clientOptions: (address, metrics) => new Client(address, insecure, metrics.clientOptions(ownPool)),
  channel: (address, metrics) =>
    new Client(address, insecure, { channelOverride: metrics.channel(new grpc.Channel(address, insecure, ownPool)) }),
};

async function until(isDone) {
  for (const end = Date.now() + 5000; !isDone() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** `Method LABEL` to its value, of one metric. */
function counts(metrics, name, label) {
  const found = {};
  const family = metrics.collect().find((candidate) => candidate.name === name);
  for (const { labels, value } of family?.series ?? []) {
    const parts = [labels.method?.replace('/test.v1.Agents/', ''), labels[label]];
    if (value !== 0) found[parts.filter((part) => part !== undefined).join(' ')] = value;
  }
  return found;
}

function perMethod(spans) {
  const found = {};
  for (const name of spans) {
    const method = /Agents\/(\w+)/.exec(name)?.[1] ?? name;
    found[method] = (found[method] ?? 0) + 1;
  }
  return found;
}

/** Repeats a run whose calls were late. */
async function run(serverName, clientName) {
  for (let left = 4; ; left -= 1) {
    const result = await runOnce(serverName, clientName);
    if (!isLate() || left === 0) return result;
  }
}

async function runOnce(serverName, clientName) {
  const options = { service: { name: 'agents', version: '1' } };
  const metrics = new vitals.GrpcMetrics(options);
  const ofClient = new vitals.GrpcMetrics(options);
  const server = servers[serverName](metrics);
  server.addService(served, implementation);
  if (serverName === 'addService, then instrument') metrics.instrument(server);
  const port = await new Promise((resolve, reject) => {
    const plain = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', plain, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const client = clients[clientName](`127.0.0.1:${port}`, ofClient);
  // A deadline runs while a client connects: the server would see only its rest.
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
  });
  unhandled = 0;
  agent.takeSpans();
  const got = await driveAll(client);
  const inFlight = () => ({
    ...counts(metrics, 'grpc_requests_in_flight'),
    ...counts(ofClient, 'grpc_client_requests_in_flight'),
  });
  await until(() => Object.keys(inFlight()).length === 0);
  client.close();
  await new Promise((resolve) => server.tryShutdown(resolve));
  await new Promise((resolve) => setTimeout(resolve, 200)); // some agents report a span a little later
  return {
    server: serverName,
    client: clientName,
    got,
    spans: perMethod(agent.takeSpans()),
    unhandled,
    recorded: counts(metrics, 'grpc_requests_total', 'status'),
    errors: counts(metrics, 'grpc_errors_total', 'error_type'),
    rejections: counts(metrics, 'grpc_handler_rejections_total'),
    recordedByClient: counts(ofClient, 'grpc_client_requests_total', 'status'),
    inFlight: inFlight(),
    faults: [metrics, ofClient].map((one) => counts(one, 'grpc_vitals_errors_total', 'stage')),
  };
}

async function main() {
  const runs = [await run('none', 'none')];
  for (const server of Object.keys(servers).slice(1)) {
    for (const client of Object.keys(clients).slice(1)) runs.push(await run(server, client));
  }
  // The last line: agents print what they like before.
  process.stdout.write(`\n${JSON.stringify(runs)}\n`, () => process.exit());
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});

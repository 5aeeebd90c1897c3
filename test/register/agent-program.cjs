/**
 * Drives all endings of `agent-endings.cjs` in a program that knows nothing of grpc-vitals, with an agent in the process.
 * Prints what the client got, what the agent traced, and what the endpoint at `SCRAPE` exposes if there is one.
 */
'use strict';

const agent = require('./agent.cjs'); // loaded already, by --require
const grpc = require('@grpc/grpc-js');
const { definition, served, implementation, driveAll, isLate } = require('./endings.cjs')(grpc);

let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

function perMethod(spans) {
  const found = {};
  for (const name of spans) {
    const method = /Agents\/(\w+)/.exec(name)?.[1] ?? name;
    found[method] = (found[method] ?? 0) + 1;
  }
  return found;
}

async function main() {
  const server = new grpc.Server();
  server.addService(served, implementation);
  const insecure = grpc.ServerCredentials.createInsecure();
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', insecure, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const Client = grpc.makeGenericClientConstructor(definition, 'Agents');
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  // A deadline runs while a client connects: the server would see only its rest.
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
  });
  agent.takeSpans();
  const got = await driveAll(client);
  await new Promise((resolve) => setTimeout(resolve, 500)); // some agents report a span a little later
  const spans = perMethod(agent.takeSpans());
  const { SCRAPE } = process.env;
  const scraped = SCRAPE === undefined ? '' : await (await fetch(SCRAPE)).text();
  // The last line: agents print what they like before.
  const result = JSON.stringify({ isLate: isLate(), got, spans, unhandled, scraped });
  process.stdout.write(`\n${result}\n`, () => process.exit());
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});

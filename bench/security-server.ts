import { readFileSync } from 'node:fs';
import { Server } from '@grpc/grpc-js';
import { hashSync } from 'bcryptjs';
import { type ExposeOptions, instrument } from 'grpc-vitals'; // as it is shipped, with the thread in it
import { serveEchoes } from './endpoint-server.ts';
import { access, type EndpointName } from './security-access.ts';

/** In a process of its own: a gRPC server, and an endpoint with certificates from the folder. */
async function serve(endpoint: EndpointName, folder: string): Promise<void> {
  const server = new Server();
  const metrics = instrument(server);
  const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['id'], maxSeries: Infinity });
  for (let id = 0; id < 2000; id += 1) jobs.labels({ id: String(id) }).inc();
  const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');
  const tls = { cert: read('server.crt'), key: read('server.key') };
  const options: Record<EndpointName, ExposeOptions> = {
    mutual: { tls: { ...tls, clientCa: read('ca.crt'), clientAllowedSans: [access.name] } },
    users: { tls, users: { [access.user]: hashSync(access.password, 10) }, tokens: [access.token] },
  };
  const { port } = await metrics.expose({ port: 0, host: '127.0.0.1', ...options[endpoint] });
  await serveEchoes(server, port);
}

if (process.send !== undefined) {
  const [, , endpoint, folder] = process.argv;
  await serve(endpoint as EndpointName, folder!);
}

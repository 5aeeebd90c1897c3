import { Client, credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { canonicalTarget, type ServerOfTarget, serverOf } from './target.ts';

/** What a client is made with; the third and fourth are what the documents of gRPC and OpenTelemetry say of it. */
const targets: [given: string, canonical: string, server: ServerOfTarget][] = [
  ['grpc.io:50051', 'dns:///grpc.io:50051', { address: 'grpc.io', port: '50051' }],
  ['grpc.io', 'dns:///grpc.io', { address: 'grpc.io' }],
  ['dns:grpc.io:50051', 'dns:///grpc.io:50051', { address: 'grpc.io', port: '50051' }],
  ['dns:///grpc.io:50051', 'dns:///grpc.io:50051', { address: 'grpc.io', port: '50051' }],
  ['dns://1.2.3.4/grpc.io:50051', 'dns://1.2.3.4/grpc.io:50051', { address: 'grpc.io', port: '50051' }],
  ['127.0.0.1:80', 'dns:///127.0.0.1:80', { address: '127.0.0.1', port: '80' }],
  ['[::1]:80', 'dns:///[::1]:80', { address: '::1', port: '80' }],
  ['[::1]', 'dns:///[::1]', { address: '::1' }],
  ['dns:::1', 'dns:///::1', { address: '::1' }],
  ['ipv4:10.0.0.1:80', 'ipv4:///10.0.0.1:80', { address: '10.0.0.1', port: '80' }],
  ['ipv6:[::1]:80', 'ipv6:///[::1]:80', { address: '::1', port: '80' }],
  [
    'ipv4:198.51.100.123:50051,198.51.100.124:50051',
    'ipv4:///198.51.100.123:50051,198.51.100.124:50051',
    { address: 'ipv4:198.51.100.123:50051,198.51.100.124:50051' },
  ],
  ['unix:/run/a.sock', 'unix:///run/a.sock', { address: '/run/a.sock' }],
  ['unix:///run/containerd.sock', 'unix:///run/containerd.sock', { address: '/run/containerd.sock' }],
  ['unix:a.sock', 'unix:a.sock', { address: 'a.sock' }],
];

test.each(targets)('%s', (given, canonical, server) => {
  const client = new Client(given, credentials.createInsecure());
  const target = client.getChannel().getTarget();
  client.close();
  expect(canonicalTarget(target)).toBe(canonical);
  expect(serverOf(target)).toEqual(server);
});

const others: [target: string, canonical: string][] = [
  ['zk://zookeeper:2181/my-server', 'zk://zookeeper:2181/my-server'],
  ['xds:///orders', 'xds:///orders'],
  ['other', 'other'],
  ['', ''],
  ['dns:', 'dns:'],
];
test.each(others)('%s is no host: the whole of it is the server', (target, canonical) => {
  expect(canonicalTarget(target)).toBe(canonical);
  expect(serverOf(target)).toEqual({ address: target });
});

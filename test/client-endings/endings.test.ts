import { makes } from '../support/grpc-js/client.ts';
import { versions } from '../support/grpc-js/fixture.ts';
import { describeClientEndings } from './contract.ts';
import { grpcJs } from './grpc-js/adapter.ts';

for (const [version, grpc] of versions) {
  for (const make of makes) describeClientEndings(grpcJs(version, grpc, make));
}

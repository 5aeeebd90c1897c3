import { versions } from '../support/grpc-js/fixture.ts';
import { describeClientEndings } from './contract.ts';
import { grpcJs, ways } from './grpc-js/adapter.ts';

for (const [version, grpc] of versions) {
  for (const way of ways) describeClientEndings(grpcJs(version, grpc, way));
}

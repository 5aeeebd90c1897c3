import { modes, versions } from '../support/grpc-js/fixture.ts';
import { describeEndings } from './contract.ts';
import { grpcJs } from './grpc-js/adapter.ts';

for (const [version, grpc] of versions) {
  for (const mode of modes) {
    if (mode === 'injected connection' && version === '1.10') continue; // 1.10 has no connection injector.
    describeEndings(grpcJs(version, grpc, mode));
  }
}

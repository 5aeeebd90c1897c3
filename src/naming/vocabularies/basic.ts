import { defaultBuckets } from '../../core/buckets.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { projectClient } from './basic-client.ts';
import { projectServer } from './basic-server.ts';
import { clientSide, serverSide } from './basic-side.ts';

/**
 * The default vocabulary: the names of README.md, `grpc_requests_total` and its like. Clients have the same names with
 * `grpc_client_`.
 *
 * A registered method has its series before its first call: zeros for OK and for the server's faults. So ratios are 0
 * rather than absent, and the first failure shows in `rate()`.
 */
export const basic: Vocabulary<'basic'> = {
  name: 'basic',
  bounds: defaultBuckets,
  labels: ['method', 'status', 'error_type', 'reason', 'target', 'state'],
  reservedPrefixes: [],
  seesTargets: false,
  options: [],
  server: { shape: serverSide.shape, project: projectServer },
  client: { shape: clientSide.shape, project: projectClient },
};

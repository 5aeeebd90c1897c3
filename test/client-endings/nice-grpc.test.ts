import manifest from 'nice-grpc/package.json' with { type: 'json' };
import { type DefinitionKind, definitions } from '../support/nice-grpc/definitions.ts';
import { describeClientEndings } from './contract.ts';
import { niceGrpc } from './nice-grpc/adapter.ts';

for (const kind of Object.keys(definitions) as DefinitionKind[])
  describeClientEndings(niceGrpc(manifest.version, kind));

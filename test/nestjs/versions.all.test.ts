import { afterAll } from 'vitest';
import { describeClientEndings } from '../client-endings/contract.ts';
import { nestJs as nestClient } from '../client-endings/nestjs/adapter.ts';
import { describeEndings } from '../endings/contract.ts';
import { nestJs } from '../endings/nestjs/adapter.ts';
import { loadNest } from '../support/nestjs/packages.ts';
import { Project } from '../support/project.ts';
import { describeApplications } from './applications.ts';
import { describeExceptions } from './exceptions.ts';
import { describeModule } from './module.ts';

/** The oldest version that shows its server, the last of NestJS 10, and the newest. `npm test` has NestJS 11. */
const versions: [nest: string, grpcJs: string][] = [
  ['10.3.4', '1.10'],
  ['10', '1.14'],
  ['12', '1.14'],
];

for (const [version, grpcJs] of versions) {
  const project = new Project();
  const names = ['common', 'core', 'microservices', 'platform-express', 'platform-fastify'];
  // npm installs the peers of NestJS, rxjs and reflect-metadata, too.
  const nestPackages = names.map((name) => `@nestjs/${name}@${version}`);
  await project.install([...nestPackages, `@grpc/grpc-js@~${grpcJs}.0`, '@grpc/proto-loader@0.7']);
  const nest = loadNest(project.folder);
  describeEndings(nestJs(nest));
  describeClientEndings(nestClient(nest));
  describeApplications(nest);
  describeExceptions(nest);
  describeModule(nest);
  afterAll(() => project.remove());
}

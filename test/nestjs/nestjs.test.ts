import { loadNest } from '../support/nestjs/packages.ts';
import { describeApplications } from './applications.ts';
import { describeExceptions } from './exceptions.ts';
import { describeModule } from './module.ts';

const nest = loadNest(process.cwd());
describeApplications(nest);
describeExceptions(nest);
describeModule(nest);

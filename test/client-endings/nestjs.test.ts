import { loadNest } from '../support/nestjs/packages.ts';
import { describeClientEndings } from './contract.ts';
import { nestJs } from './nestjs/adapter.ts';

describeClientEndings(nestJs(loadNest(process.cwd())));

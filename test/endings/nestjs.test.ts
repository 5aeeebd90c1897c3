import { loadNest } from '../support/nestjs/packages.ts';
import { describeEndings } from './contract.ts';
import { nestJs } from './nestjs/adapter.ts';

describeEndings(nestJs(loadNest(process.cwd())));

import { describeEndings } from './contract.ts';
import { madeUp } from './made-up/adapter.ts';

describeEndings(madeUp);

import { connect } from './connect/adapter.ts';
import { dialects, type Protocol } from './connect/dialects.ts';
import { describeEndings } from './contract.ts';

for (const protocol of Object.keys(dialects) as Protocol[]) describeEndings(connect(protocol));

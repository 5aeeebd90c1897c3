import { dialects, type Protocol } from '../endings/connect/dialects.ts';
import { connect } from './connect/adapter.ts';
import { describeClientEndings } from './contract.ts';

for (const protocol of Object.keys(dialects) as Protocol[]) describeClientEndings(connect(protocol));

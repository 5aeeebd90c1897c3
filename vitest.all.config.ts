import { configDefaults, defineConfig } from 'vitest/config';
import everyCommit from './vitest.config.ts';

/** The tests of `npm run test:all`: those of `npm test`, and the matrices and soaks named `*.all.test.ts`. */
export default defineConfig({ test: { ...everyCommit.test, exclude: configDefaults.exclude } });

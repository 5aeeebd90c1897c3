import { configDefaults, defineConfig } from 'vitest/config';
import everyCommit from './vitest.config.ts';

/** What needs a browser or a program of its own, or takes more than a few seconds. */
const slow = [
  'src/serve/closing.test.ts',
  'test/attacks/**',
  'test/bridge/cluster.test.ts',
  'test/cli/**',
  'test/client-endings/**',
  'test/deploy/image.test.ts',
  'test/e2e/**',
  'test/examples/**',
  'test/exemplars/**',
  'test/exports.test.ts',
  'test/http-servers/**',
  'test/labels/**',
  'test/lifecycle/{nest,rotation,sigterm}.test.ts',
  'test/limits/**',
  'test/oracle/**',
  'test/page/**',
  'test/processes/**',
  'test/register/**',
  'test/readme.test.ts',
  'test/security/**',
  'test/servers/**',
  'test/toolchains/**',
];

/** The tests of `npm run test:fast`. Suites that need a server are left out. */
export default defineConfig({
  test: {
    ...everyCommit.test,
    exclude: [...configDefaults.exclude, '**/*.all.test.ts', ...slow],
    reporters: ['default'],
    provide: { hasServers: false },
  },
});

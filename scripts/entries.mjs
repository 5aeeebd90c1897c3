/**
 * The entries of the package: the name of each in `dist`, and its source. `index` is `grpc-vitals` itself; another
 * name is `grpc-vitals/NAME`.
 */
export const entries = {
  index: 'src/index.ts',
  connect: 'src/connect.ts',
  nestjs: 'src/nestjs.ts',
  'nice-grpc': 'src/nice-grpc.ts',
  register: 'src/register.ts',
  testing: 'src/testing/testing.ts',
};

/** What an entry loads late by `require`: the name of each in `dist`, and its source. */
export const parts = { 'register-start': 'src/register/start.ts', processes: 'src/processes.ts' };

/** The commands: the name of each in `dist`, and its source. Nobody imports them, so they have no declarations. */
export const commands = { cli: 'src/cli/main.ts' };

/** What package.json says of these entries, so that every resolver finds each file and its declarations. */
export function resolution(names) {
  const subpaths = names.filter((name) => name !== 'index');
  const files = (name) => ({
    import: { types: `./dist/${name}.d.mts`, default: `./dist/${name}.mjs` },
    default: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
  });
  return {
    // For what reads no `exports`: TypeScript's `node10`, and old resolvers.
    main: './dist/index.cjs',
    types: './dist/index.d.cts',
    ...(subpaths.length > 0 && {
      typesVersions: { '*': Object.fromEntries(subpaths.map((name) => [name, [`./dist/${name}.d.cts`]])) },
    }),
    exports: {
      ...Object.fromEntries(names.map((name) => [name === 'index' ? '.' : `./${name}`, files(name)])),
      './package.json': './package.json',
    },
  };
}

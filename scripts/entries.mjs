/**
 * The entries of the package: the name of each in `dist`, and its source. `index` is `grpc-vitals` itself; another
 * name is `grpc-vitals/NAME`, and has its place in `exports` and `typesVersions` of package.json.
 */
export const entries = { index: 'src/index.ts' };

/** The commands: the name of each in `dist`, and its source. Nobody imports them, so they have no declarations. */
export const commands = { cli: 'src/cli/main.ts' };

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { entries } from './entries.mjs';

/**
 * Compares the declarations of each entry in `dist` with its report in `etc`. With `--local` it writes the reports anew.
 *
 * `api-extractor.json` is the configuration of the main entry. Those of the others differ in their names alone.
 */
const localBuild = process.argv.includes('--local');
const configObjectFullPath = join(import.meta.dirname, '../api-extractor.json');
const packageJsonFullPath = createRequire(import.meta.url).resolve('../package.json');

const configs = Object.keys(entries).map((name) => {
  const configObject = ExtractorConfig.loadFile(configObjectFullPath);
  configObject.mainEntryPointFilePath = `<projectFolder>/dist/${name}.d.cts`;
  if (name !== 'index') configObject.apiReport.reportFileName = `<unscopedPackageName>-${name}`;
  return ExtractorConfig.prepare({ configObject, configObjectFullPath, packageJsonFullPath });
});
const additionalEntryPoints = configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath);
const compilerState = CompilerState.create(configs[0], { additionalEntryPoints });
const results = configs.map((config) => Extractor.invoke(config, { localBuild, compilerState }));
if (results.some(({ succeeded }) => !succeeded)) process.exitCode = 1;

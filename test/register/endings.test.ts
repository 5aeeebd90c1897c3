import { describeRegistered } from './contract.ts';

const imported = ['--import', 'grpc-vitals/register'];
const required = ['--require', 'grpc-vitals/register'];

describeRegistered({ name: 'an ES module, --import', format: 'esm', version: '1.14', args: imported });
describeRegistered({ name: 'CommonJS, --require', format: 'cjs', version: '1.14', args: required });
describeRegistered({
  name: 'a dependency with grpc-js 1.10 of its own, --import',
  format: 'cjs',
  version: '1.10',
  isNested: true,
  args: imported,
});

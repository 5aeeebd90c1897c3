import { describeRegistered } from './contract.ts';

const program = { version: '1.14', args: ['--import', 'grpc-vitals/register'] } as const;

describeRegistered({ ...program, name: 'a program of nice-grpc', framework: 'nice-grpc', format: 'cjs' });
describeRegistered({ ...program, name: 'an application of NestJS', framework: 'nestjs', format: 'cjs' });

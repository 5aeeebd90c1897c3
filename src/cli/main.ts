#!/usr/bin/env node
import { processHost } from './process-host.ts';
import { runProgram } from './program.ts';

const host = processHost();
host.end(await runProgram(process.argv.slice(2), host));

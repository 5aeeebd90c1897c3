#!/usr/bin/env node
import { processHost } from './process-host.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), processHost());

#!/usr/bin/env node
import { processHost } from './process-host.ts';
import { runProgram } from './program.ts';

const host = processHost();
void runProgram(process.argv.slice(2), host).then((code) => host.end(code));

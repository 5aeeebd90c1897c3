import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Project, pack } from '../support/project.ts';
import type { Agent } from './agents.ts';
import { grpcJs } from './service.ts';

/** How long installing an agent, or a row of its matrix, may take, in milliseconds. */
export const timeout = 600_000;

/** The folder that a program of this grpc-js lies in. Node.js finds the agent and this package in the folder above. */
const versions = { '1.14': grpcJs, '1.10': '@grpc/grpc-js@~1.10.11' };
export const versionNames = ['1.14', '1.10'] as const;

/** The status of each ending, where nothing is in the way. */
export const statuses = {
  Unary: 'OK',
  UnaryAsync: 'OK',
  ServerStream: 'OK',
  ClientStream: 'OK',
  Bidi: 'OK',
  Refused: 'NOT_FOUND',
  StreamRefused: 'NOT_FOUND',
  Thrown: 'UNKNOWN',
  Rejected: 'DEADLINE_EXCEEDED',
  Deadline: 'DEADLINE_EXCEEDED',
  Cancelled: 'CANCELLED',
  StreamCancelled: 'CANCELLED',
  Missing: 'UNIMPLEMENTED',
};
/** What the handlers of some endings throw or reject with. */
export const exceptions: Readonly<Record<string, string>> = { Thrown: 'TypeError', Rejected: 'RangeError' };

/** One of each: `Method LABEL`. */
export const ones = (labels: readonly (readonly [method: string, label: string])[]): Record<string, number> =>
  Object.fromEntries(labels.map(([method, label]) => [`${method} ${label}`, 1]));

/** A program of this folder. */
export const programOf = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Before the tests of a suite: a project with the agent, this package, and this program for each version of grpc-js. */
export function agentProject(agent: Agent, program: string): Project {
  const files = (folder: string) => ({
    [`${folder}/package.json`]: '{ "private": true }',
    [`${folder}/main.cjs`]: program,
    [`${folder}/endings.cjs`]: programOf('agent-endings.cjs'),
    [`${folder}/agent.cjs`]: "module.exports = require('../agent.cjs');",
  });
  const project = new Project({ 'agent.cjs': agent.source, ...files('1.14'), ...files('1.10') });
  afterAll(() => project.remove());
  beforeAll(async () => {
    const node = agent.node === undefined ? [] : [`node@${agent.node}`];
    await project.install([pack(project.folder), ...agent.packages, ...node]);
    for (const version of versionNames) await project.install([versions[version]], version);
  }, timeout);
  return project;
}

/** The Node.js that runs this agent's programs. */
export function nodeOf(agent: Agent, { folder }: Project): string {
  return agent.node === undefined ? process.execPath : join(folder, 'node_modules/node/bin/node');
}

import { parentPort, workerData } from 'node:worker_threads';
import { answerInThread } from './answering.ts';
import type { Setup } from './setup.ts';

/** The program of the endpoint's thread. */
void answerInThread(parentPort!, workerData as Setup);

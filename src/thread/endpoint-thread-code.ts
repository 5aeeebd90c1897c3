import { readBuiltThread } from '../core/built-thread.ts';

/** Reads the code of the thread in which an endpoint answers. */
export const readThreadCode = (): string => readBuiltThread('endpoint-thread');

import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/** A password, and the hash that it may belong to. */
export interface Comparison {
  readonly password: string;
  readonly hash: string;
}

/** The program of the password thread: answers each comparison with whether the password is right. */
parentPort!.on('message', ({ password, hash }: Comparison) => {
  parentPort!.postMessage(isRight(password, hash));
});

/** bcryptjs throws for a hash whose form is wrong. */
function isRight(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    return false;
  }
}

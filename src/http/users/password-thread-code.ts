import { readBuiltThread } from '../../core/built-thread.ts';

/** Reads the code of the password thread, with bcrypt in it. */
export const readThreadCode = (): string => readBuiltThread('password-thread');

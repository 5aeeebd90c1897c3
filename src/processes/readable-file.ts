import type { Stats } from 'node:fs';
import { UnreadableBook } from './lines.ts';
import { isOurs } from './ours.ts';

/** Bytes that a book may have; a writer's own limit is lower. */
export const mostBytes: number = 256 * 2 ** 20;

/** Throws `UnreadableBook` for what cannot be a book. */
export function checkFile(stats: Stats): void {
  if (!stats.isFile() || !isOurs(stats) || stats.size > mostBytes) {
    throw new UnreadableBook('the book is not a file of this user, or it is too large');
  }
}

import { stat } from 'node:fs/promises';

/** Permission of a file's mode for users who are neither its owner nor in its group. */
const readableByOthers = 0o004;

/** What to say of a file with a secret that every user of the machine can read; nothing for another one. */
export async function remarkOnMode(path: string, place: string): Promise<string[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(path);
  if ((mode & readableByOthers) === 0) return [];
  const rights = (mode & 0o777).toString(8).padStart(4, '0');
  return [`every user of this machine can read ${place} (mode ${rights}): take the right away with chmod o-r`];
}

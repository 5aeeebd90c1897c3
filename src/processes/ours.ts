/** Whether this user owns it. Windows has no owners. */
export function isOurs({ uid }: { readonly uid: number }): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

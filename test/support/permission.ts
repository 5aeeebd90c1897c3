const known = process.allowedNodeEnvironmentFlags;

/** Flags with which Node runs a program that may listen on ports, read all files, and do what else is allowed here. */
export function permissionFlags(...allowed: string[]): string[] {
  const model = known.has('--permission') ? '--permission' : '--experimental-permission';
  // Newer versions restrict sockets, too.
  const sockets = known.has('--allow-net') ? ['--allow-net'] : [];
  return [model, '--allow-fs-read=*', ...sockets, ...allowed];
}

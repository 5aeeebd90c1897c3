export function writeLauncher(tree: string, binary: string): void;

import type { Seen } from './endpoint-attacks.ts';
import { attacks } from './security-attacks.ts';

/** In a process of its own, so that it takes no time of the service's and none of the load's. Ends with its parent. */
async function attack(name: string, port: number, folder: string, seconds: number): Promise<void> {
  process.once('disconnect', () => process.exit());
  const seen: Seen = {};
  const end = performance.now() + seconds * 1000;
  const over = attacks[name]!.run({ port, folder, seen, isOver: () => performance.now() > end });
  // Connections that the service holds are not waited for.
  await Promise.race([over, new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 1000))]);
  process.send!(seen);
}

if (process.send !== undefined) {
  const [, , name, port, folder, seconds] = process.argv;
  await attack(name!, Number(port), folder!, Number(seconds));
}

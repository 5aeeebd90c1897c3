import { attacks, type Seen } from './endpoint-attacks.ts';

/** In a process of its own, so that it takes no time of the service's and none of the load's. Ends with its parent. */
async function attack(name: string, port: number, seconds: number): Promise<void> {
  process.once('disconnect', () => process.exit());
  const seen: Seen = {};
  const end = performance.now() + seconds * 1000;
  await attacks[name]!.run(port, seen, () => performance.now() > end);
  process.send!(seen);
}

if (process.send !== undefined) {
  const [, , name, port, seconds] = process.argv;
  await attack(name!, Number(port), Number(seconds));
}

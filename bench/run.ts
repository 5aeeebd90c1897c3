import { clients } from './client.ts';
import { endpoint } from './endpoint.ts';
import { frameworkServers } from './frameworks.ts';
import { histogram } from './histogram.ts';
import { imports } from './import.ts';
import { interceptors } from './interceptor.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { page } from './page.ts';
import { processes } from './processes.ts';
import { heapGrowth, recording } from './recording.ts';
import { registered } from './register.ts';
import { scraping } from './scrape.ts';
import { security } from './security.ts';
import { streams } from './streams.ts';
import { thread } from './thread.ts';

/** Words behind `frameworks`: `npm run bench -- frameworks connect`. */
const frameworkNames: string[] = [];

/** In this order; `npm run bench -- load memory` runs only those. */
const benches: Readonly<Record<string, () => void | Promise<void>>> = {
  import: imports,
  register: registered,
  recording,
  interceptor: interceptors,
  client: clients,
  streams,
  frameworks: () => frameworkServers(frameworkNames),
  histogram,
  scrape: scraping,
  load,
  page,
  endpoint,
  security,
  processes,
  thread,
  memory,
  heap: heapGrowth,
};

const asked: string[] = [];
for (const word of process.argv.slice(2)) {
  if (Object.hasOwn(benches, word)) asked.push(word);
  else if (asked.at(-1) === 'frameworks') frameworkNames.push(word);
  else throw new Error(`no ${word} here: there is ${Object.keys(benches).join(', ')}`);
}
console.log(`Node ${process.versions.node}; ratios within a round, median (min to max)`);
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) await bench();
}

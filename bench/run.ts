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

/** In this order; `npm run bench -- load memory` runs only those. */
const benches: Readonly<Record<string, () => void | Promise<void>>> = {
  import: imports,
  register: registered,
  recording,
  interceptor: interceptors,
  client: clients,
  streams,
  frameworks: frameworkServers,
  histogram,
  scrape: scraping,
  load,
  page,
  endpoint,
  security,
  processes,
  memory,
  heap: heapGrowth,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) throw new Error(`no ${unknown.join(', ')} here: there is ${Object.keys(benches).join(', ')}`);
console.log(`Node ${process.versions.node}; ratios within a round, median (min to max)`);
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) await bench();
}

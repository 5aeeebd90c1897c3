import { clients } from './client.ts';
import { histogram } from './histogram.ts';
import { interceptors } from './interceptor.ts';
import { heapGrowth, recording } from './recording.ts';
import { scraping } from './scrape.ts';

console.log(`Node ${process.versions.node}; ratios within a round, median (min to max)`);
await recording();
await interceptors();
await clients();
await histogram();
await scraping();
heapGrowth();

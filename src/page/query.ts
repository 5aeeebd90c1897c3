import { windowPlaceholder } from '../live/protocol.ts';

/** Shortest range that queries ask for, in seconds: Prometheus needs two scrapes in it. */
export const shortest = 60;

/** The query over the window that the page shows. */
export function queryOver(query: string, window: number): string {
  return query.replaceAll(windowPlaceholder, `${Math.max(window, shortest) / 60}m`);
}

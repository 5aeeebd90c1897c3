import type { Side } from './charts.ts';

/** What the page's address holds, so that a colleague who opens it sees the same. */
export interface Selection {
  readonly side?: Side | undefined;
  /** `/pkg.Service/Method`; empty for all. */
  readonly method: string;
  /** Seconds. */
  readonly window: number;
  readonly filter: string;
}

/** The windows that can be chosen, in seconds. */
export const windows = [15, 60, 300] as const;

const usualWindow = 60;

/** Reads the part of an address after `#`. What is not there, or makes no sense, is as it is at first. */
export function parseSelection(hash: string): Selection {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [side, window] = [fields.get('side'), Number(fields.get('window'))];
  return {
    side: side === 'server' || side === 'client' ? side : undefined,
    method: fields.get('method') ?? '',
    window: windows.find((one) => one === window) ?? usualWindow,
    filter: fields.get('filter') ?? '',
  };
}

/** The part of an address after `#`, with what is not as it is at first. Services never see it, as browsers do not send it. */
export function formatSelection({ side, method, window, filter }: Selection): string {
  const fields = new URLSearchParams();
  if (side !== undefined) fields.set('side', side);
  if (method !== '') fields.set('method', method);
  if (window !== usualWindow) fields.set('window', String(window));
  if (filter !== '') fields.set('filter', filter);
  return fields.toString().replaceAll('%2F', '/');
}

/** `15 s` or `5 min`. */
export function nameOfWindow(window: number): string {
  return window < 60 ? `${window} s` : `${window / 60} min`;
}

import type { IncomingMessage } from 'node:http';

/** `http://host:port` of a target in absolute form, and what follows. */
const absolute = /^https?:\/\/([^/?#]*)(.*)$/is;

/**
 * The path that a request asks for, without its query.
 *
 * HTTP proxies send the absolute form, `GET http://host/metrics`, which a server must accept (RFC 9112, 3.2.2).
 */
export function pathOf({ url = '' }: IncomingMessage): string {
  const [, , rest = url] = absolute.exec(url) ?? [];
  const path = rest.split(/[?#]/, 1)[0]!;
  return path === '' && rest !== url ? '/' : path;
}

/** The host that a request is for, with its port: of an absolute target, or else of the Host header; '' if it says none. */
export function authorityOf({ url = '', headers }: IncomingMessage): string {
  return absolute.exec(url)?.[1] ?? headers.host ?? '';
}

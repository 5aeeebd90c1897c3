import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { quoted } from '../core/printable.ts';
import { sendText } from './plain-text.ts';
import type { HttpRequestHandler } from './request-handler.ts';
import { authorityOf } from './request-target.ts';

/** A name, or an IPv6 address in brackets, and a port if it is not the default one. */
const authority = /^(\[[^\]]*\]|[^:]*)(:\d*)?$/;

/** Longest name that a refusal repeats, in characters. */
const longestName = 100;

/**
 * Refuses requests that a browser sends for a page of somebody else's.
 *
 * Such a page can have a name that its owner makes point to this service (DNS rebinding): for the browser both are one
 * origin then, and the page reads everything. The Host header still has that name. So a request passes if its host is an
 * IP address or `localhost`, which nobody else can make point here, or if it is in `names`: a name, or with a
 * leading dot a domain and all names below. Without a host it passes, because browsers always send one.
 */
export function checkHost(names: readonly string[], answer: HttpRequestHandler): HttpRequestHandler {
  const known = ['localhost', '.localhost', ...names].map((name) => name.toLowerCase());
  return (request, response) => {
    const name = nameOf(request);
    if (name === undefined || isAllowed(name, known)) answer(request, response);
    else refuse(response, name);
  };
}

/** In lower case, without the dot at the end of a complete name; undefined where the request does not say it. */
function nameOf(request: IncomingMessage): string | undefined {
  const text = authorityOf(request).toLowerCase();
  const name = authority.exec(text)?.[1] ?? text;
  return name === '' ? undefined : name.replace(/^\[|[\].]$/g, '');
}

function isAllowed(name: string, known: readonly string[]): boolean {
  if (isIP(name) !== 0) return true;
  return known.some((one) => one === name || (one.startsWith('.') && (name.endsWith(one) || one === `.${name}`)));
}

function refuse(response: ServerResponse, name: string): void {
  const shown = quoted(name.slice(0, longestName));
  const remedy = `use its IP address or localhost, or allow the name: expose({ allowedHosts: [${shown}] })`;
  sendText(
    response,
    403,
    `the page of this endpoint is not for the host ${shown}: ${remedy}. The metrics are at /metrics`,
  );
}

import { isIPv6 } from 'node:net';

/** `scheme:path` or `scheme://authority/path`, as grpc-js writes targets. */
const form = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?:\/\/(?<authority>[^/]*)\/)?(?<path>.+)$/;
const hostAndPort = /^(?:\[(?<bracketed>[^\]]*)\]|(?<host>[^:,]+))(?::(?<port>\d+))?$/;

/**
 * A target as gRPC's other libraries write it, with an authority where it has none: `dns:///orders:50051` for `dns:orders:50051`.
 * What is no URI, or would be another one, is left as it is.
 */
export function canonicalTarget(target: string): string {
  const { scheme, authority = '', path } = form.exec(target)?.groups ?? {};
  if (path === undefined || (scheme === 'unix' && !target.startsWith('unix:/'))) return target;
  return `${scheme}://${authority}/${path.replace(/^\//, '')}`;
}

/** The server that a target names, as OpenTelemetry's conventions for gRPC have it. */
export interface ServerOfTarget {
  readonly address: string;
  readonly port?: string;
}

/**
 * Host and port of what names one host, the path of a socket, and all else whole.
 * Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.45.0/docs/rpc/grpc.md
 */
export function serverOf(target: string): ServerOfTarget {
  const { scheme = '', authority, path = '' } = form.exec(target)?.groups ?? {};
  if (scheme === 'unix') return { address: authority === undefined ? path : `/${path}` };
  if (!['dns', 'ipv4', 'ipv6'].includes(scheme)) return { address: target };
  if (isIPv6(path)) return { address: path };
  const { bracketed, host = bracketed, port } = hostAndPort.exec(path)?.groups ?? {};
  if (host === undefined) return { address: target };
  return port === undefined ? { address: host } : { address: host, port };
}

import { parseTimeout } from '../../rpc/timeout.ts';

/** The timeout of a request in milliseconds; undefined for none. Each protocol has a header of its own. */
export function readTimeout(header: Headers): number | undefined {
  if (header.get('content-type')?.startsWith('application/grpc') === true)
    return parseTimeout(header.get('grpc-timeout') ?? '');
  const [text] = /^\d{1,10}$/.exec(header.get('connect-timeout-ms') ?? '') ?? [];
  return text === undefined ? undefined : Number(text);
}

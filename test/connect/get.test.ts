import { createFileRegistry, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  type HandlerContext,
  type Transport,
} from '@connectrpc/connect';
import {
  type ConnectTransportOptions,
  compressionBrotli,
  compressionGzip,
  createConnectTransport,
} from '@connectrpc/connect-node';
import { afterEach, describe, expect, test } from 'vitest';
import { clientInterceptor } from '../../src/connect.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { hosts, trust } from './hosts.ts';

const bytes = '.google.protobuf.BytesValue';
const file = fromJson(FileDescriptorProtoSchema, {
  name: 'idempotent.proto',
  package: 'test.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Reader',
      method: [{ name: 'Read', inputType: bytes, outputType: bytes, options: { idempotencyLevel: 'NO_SIDE_EFFECTS' } }],
    },
  ],
});
/** A service whose only method has no side effects, so that clients may call it with GET. */
const Reader = createFileRegistry(file, () => file_google_protobuf_wrappers.proto).getService('test.v1.Reader')!;
const method = '/test.v1.Reader/Read';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Read = (request: { readonly value: Uint8Array }, context: HandlerContext) => unknown;
const answer: Read = () => ({ value: new Uint8Array(100) });

interface Row {
  readonly name: string;
  readonly read?: Read;
  readonly transport?: Partial<
    Pick<ConnectTransportOptions, 'useBinaryFormat' | 'sendCompression' | 'compressMinBytes'>
  >;
  readonly timeoutMs?: number;
  readonly status: string;
  readonly errorType?: string;
  /** Bytes of messages, where the size is known. */
  readonly received: number;
  readonly sent: number;
}

const noAnswer = { received: 1003, sent: 0 };
const rows: readonly Row[] = [
  { name: 'a message', status: 'OK', received: 1003, sent: 102 },
  {
    name: 'a message in JSON',
    transport: { useBinaryFormat: false },
    status: 'OK',
    received: 1338, // base64 in quotes
    sent: 138,
  },
  {
    name: 'a message that gzip compressed',
    transport: { sendCompression: compressionGzip, compressMinBytes: 1 },
    status: 'OK',
    received: 1003,
    sent: 102,
  },
  {
    name: 'a message that Brotli compressed, without its bytes',
    transport: { sendCompression: compressionBrotli, compressMinBytes: 1 },
    status: 'OK',
    received: 0,
    sent: 102,
  },
  {
    name: 'a refusal',
    read: () => {
      throw new ConnectError('no', Code.NotFound);
    },
    status: 'NOT_FOUND',
    ...noAnswer,
  },
  {
    name: 'an exception',
    read: () => {
      throw new RangeError('a bug');
    },
    status: 'INTERNAL',
    errorType: 'RangeError',
    ...noAnswer,
  },
  {
    name: 'a deadline',
    read: (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    timeoutMs: 1000,
    status: 'DEADLINE_EXCEEDED',
    ...noAnswer,
  },
];

describe.each(hosts)('$name', ({ httpVersion, scheme, serve }) => {
  // The client's deadline and the server's race, as in the contract of endings.
  test.each(rows)(
    'a GET request with $name',
    { retry: 2 },
    async ({ read = answer, transport, timeoutMs, ...expected }) => {
      const metrics = new GrpcMetrics();
      const methods: string[] = [];
      const { port, stop } = await serve(metrics, {
        routes: (router: ConnectRouter) =>
          router.service(Reader, {
            read: (request: Parameters<Read>[0], context: HandlerContext) => {
              methods.push(context.requestMethod);
              return read(request, context);
            },
          } as object),
      });
      closing.push(stop);
      const client = clientOf(
        createConnectTransport({
          baseUrl: `${scheme}://127.0.0.1:${port}`,
          httpVersion,
          useHttpGet: true,
          acceptCompression: [],
          interceptors: [clientInterceptor(metrics)],
          nodeOptions: scheme === 'https' ? trust : {},
          ...transport,
        }),
      );
      const called = client.read!({ value: new Uint8Array(1000) }, timeoutMs === undefined ? {} : { timeoutMs });
      const { status } = expected;
      const code = await called.then(
        () => 'OK',
        (error: unknown) => Code[ConnectError.from(error).code].replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
      );
      expect(code).toBe(status);
      await expect.poll(() => value(metrics, 'grpc_requests_total', { method, status })).toBe(1);
      expect(value(metrics, 'grpc_requests_total')).toBe(1);
      expect(value(metrics, 'grpc_client_requests_total', { method, status })).toBe(1);
      expect(value(metrics, 'grpc_messages_received_total')).toBe(1);
      expect(value(metrics, 'grpc_messages_received_bytes_total')).toBe(expected.received);
      expect(value(metrics, 'grpc_messages_sent_total')).toBe(status === 'OK' ? 1 : 0);
      expect(value(metrics, 'grpc_messages_sent_bytes_total')).toBe(expected.sent);
      if (status !== 'OK') {
        expect(value(metrics, 'grpc_errors_total', { error_type: expected.errorType ?? status })).toBe(1);
      }
      expect(value(metrics, 'grpc_requests_in_flight')).toBe(0);
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
      expect(methods).toEqual(['GET']);
    },
  );
});

function clientOf(transport: Transport): Record<string, (request: object, options: object) => Promise<unknown>> {
  return createClient(Reader, transport) as never; // the service has no types
}

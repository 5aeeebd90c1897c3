import { service } from '../service.ts';

export type DefinitionKind = 'ts-proto' | 'grpc-js';

const names = Object.keys(service) as (keyof typeof service)[];

/** The service, as ts-proto defines one. */
const tsProto = {
  name: 'Endings',
  fullName: 'test.v1.Endings',
  methods: Object.fromEntries(
    names.map((name) => {
      const { requestStream, responseStream, requestDeserialize, requestSerialize } = service[name];
      const type = {
        decode: (bytes: Uint8Array) => requestDeserialize(Buffer.from(bytes)),
        encode: (message: Buffer) => ({ finish: () => requestSerialize(message) }),
      };
      return [name, { name, requestType: type, requestStream, responseType: type, responseStream, options: {} }];
    }),
  ),
};

/** The service in each kind of definition that nice-grpc takes. */
export const definitions: Readonly<Record<DefinitionKind, typeof service>> = {
  'ts-proto': tsProto as unknown as typeof service, // nice-grpc makes the same of both
  'grpc-js': service,
};

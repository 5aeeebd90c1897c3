import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { service } from '../service.ts';
import { type Message as Kind, messages } from '../test-client.ts';

const file = fromJson(FileDescriptorProtoSchema, {
  name: 'test.proto',
  package: 'test.v1',
  syntax: 'proto3',
  messageType: [
    {
      name: 'Bytes',
      field: [{ name: 'value', number: 1, type: 'TYPE_BYTES', label: 'LABEL_OPTIONAL', jsonName: 'value' }],
    },
  ],
  service: [
    {
      name: 'Endings',
      method: Object.entries(service).map(([name, { requestStream, responseStream }]) => ({
        name,
        inputType: '.test.v1.Bytes',
        outputType: '.test.v1.Bytes',
        clientStreaming: requestStream,
        serverStreaming: responseStream,
      })),
    },
  ],
});
const registry = createFileRegistry(file, () => undefined);

/** The service `test.v1.Endings`, as protoc-gen-es generates it, but for its types. */
export const Endings = registry.getService('test.v1.Endings')!;
const Bytes: DescMessage = registry.getMessage('test.v1.Bytes')!;

/** The message that these bytes are. One that no codec of the tests writes is one that Connect cannot write either. */
export function toMessage(bytes: Buffer): Message {
  if (bytes.equals(messages.unserializable)) return { ...create(Bytes), value: 42 } as Message; // on purpose
  if (!bytes.equals(messages.malformed)) return fromBinary(Bytes, bytes);
  const message = create(Bytes);
  message.$unknown = [{ no: 1, wireType: WireType.LengthDelimited, data: new Uint8Array(bytes) }]; // a length that ends too early
  return message;
}

export function toBytes(message: Message): Buffer {
  return Buffer.from(toBinary(Bytes, message));
}

export function requestOf(kind: Kind = 'small'): Message {
  return toMessage(messages[kind]);
}

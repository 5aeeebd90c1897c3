import { createFileRegistry, fromJson } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from '@bufbuild/protobuf/wkt';

const text = '.google.protobuf.StringValue';
const file = fromJson(FileDescriptorProtoSchema, {
  name: 'greeter.proto',
  package: 'greeter.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Greeter',
      method: [
        { name: 'Greet', inputType: text, outputType: text },
        { name: 'GreetAll', inputType: text, outputType: text, serverStreaming: true },
      ],
    },
  ],
});
const registry = createFileRegistry(file, () => file_google_protobuf_wrappers.proto);

/** A service as protoc-gen-es generates it of a `.proto` file, so that the example needs no generator. */
export const Greeter = registry.getService('greeter.v1.Greeter') as GenService<{
  greet: { methodKind: 'unary'; input: typeof StringValueSchema; output: typeof StringValueSchema };
  greetAll: { methodKind: 'server_streaming'; input: typeof StringValueSchema; output: typeof StringValueSchema };
}>;

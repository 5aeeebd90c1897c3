import type { MessageSizes } from '../../rpc/message-sizes.ts';
import { type Deserialize, measureReading, measureWriting, type Serialize } from '../sizes.ts';

/** What every kind of definition says of a method. */
export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A method as grpc-js and nice-grpc define one. */
interface GrpcMethod extends MethodDefinition {
  readonly requestDeserialize: Deserialize;
  readonly responseSerialize: Serialize;
}

/** A method as ts-proto defines one. */
interface TsProtoMethod extends Omit<MethodDefinition, 'path'> {
  readonly name: string;
  readonly requestType: { readonly decode: Deserialize };
  readonly responseType: { encode(message: unknown): { finish(): { readonly length: number } } };
}

interface TsProtoDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, TsProtoMethod>>;
}

/** What users give to `add` and `create`: the definition of ts-proto, or one of grpc-js. */
export type ServiceDefinition = TsProtoDefinition | Readonly<Record<string, GrpcMethod>>;

/** The methods of a service, by their names. */
export function methodsOf(definition: ServiceDefinition): Record<string, MethodDefinition> {
  if (!isTsProto(definition)) return definition;
  return mapValues(definition.methods, (method) => ({ ...method, path: pathOf(definition, method) }));
}

/** The same definition, of the same kind, with the sizes of its messages measured. */
export function measureDefinition(
  definition: ServiceDefinition,
  sizesOf: (path: string) => MessageSizes | undefined,
): ServiceDefinition {
  if (isTsProto(definition)) {
    const measure = (method: TsProtoMethod) => measureTsProto(method, sizesOf(pathOf(definition, method)));
    return { ...definition, methods: mapValues(definition.methods, measure) };
  }
  return mapValues(definition, (method) => {
    const sizes = sizesOf(method.path);
    if (sizes === undefined) return method;
    const { requestDeserialize: read, responseSerialize: write } = method;
    return {
      ...method,
      requestDeserialize: measureReading(read, sizes),
      responseSerialize: measureWriting(write, sizes),
    };
  });
}

/** nice-grpc takes these functions out of their objects, and asks the other members of the objects as before. */
function measureTsProto(method: TsProtoMethod, sizes: MessageSizes | undefined): TsProtoMethod {
  if (sizes === undefined) return method;
  const { requestType, responseType } = method;
  const { encode } = responseType;
  const write = measureWriting((message) => encode(message).finish(), sizes);
  return {
    ...method,
    requestType: inherit(requestType, { decode: measureReading(requestType.decode, sizes) }),
    responseType: inherit(responseType, {
      encode: (message: unknown) => ({ finish: () => write.call(undefined, message) }),
    }),
  };
}

function isTsProto(definition: ServiceDefinition): definition is TsProtoDefinition {
  return typeof definition.fullName === 'string';
}

function pathOf({ fullName }: TsProtoDefinition, { name }: TsProtoMethod): string {
  return `/${fullName}/${name}`;
}

function inherit<Type extends object>(parent: Type, own: Partial<Type>): Type {
  return Object.assign(Object.create(parent) as Type, own);
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

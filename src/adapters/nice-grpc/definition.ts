import type { MessageSizes } from '../../rpc/message-sizes.ts';
import { type Deserialize, measureReading, measureWriting, type Serialize } from '../sizes.ts';

/** What every kind of definition says of a method. */
interface MethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A method as grpc-js and nice-grpc define one. */
interface GrpcMethod extends MethodDefinition {
  readonly requestDeserialize: Deserialize;
  readonly responseSerialize: Serialize;
}

/** A method as ts-proto defines one, with its path. */
interface TsProtoMethod extends MethodDefinition {
  readonly name: string;
  readonly requestType: { readonly decode: Deserialize };
  readonly responseType: { encode(message: unknown): { finish(): { readonly length: number } } };
}

type Methods<Method> = Readonly<Record<string, Method>>;

/** What users give to `add` and `create`: the definition of ts-proto, or one of grpc-js. */
export type ServiceDefinition =
  | Methods<GrpcMethod>
  | { readonly fullName: string; readonly methods: Methods<Omit<TsProtoMethod, 'path'>> };

/** The methods of a service, by their names. */
export function methodsOf(definition: ServiceDefinition): Methods<GrpcMethod | TsProtoMethod> {
  if (!isTsProto(definition)) return definition;
  const { fullName, methods } = definition;
  return mapValues(methods, (method) => ({ ...method, path: `/${fullName}/${method.name}` }));
}

/** The same definition, of the same kind, with the sizes of its messages measured. */
export function measureDefinition(
  definition: ServiceDefinition,
  sizesOf: (path: string) => MessageSizes | undefined,
): ServiceDefinition {
  const measured = mapValues(methodsOf(definition), (method) => {
    const sizes = sizesOf(method.path);
    if (sizes === undefined) return method;
    return 'requestType' in method ? measureTsProto(method, sizes) : measureGrpc(method, sizes);
  });
  return (isTsProto(definition) ? { ...definition, methods: measured } : measured) as ServiceDefinition; // of that kind
}

function measureGrpc(method: GrpcMethod, sizes: MessageSizes): GrpcMethod {
  return {
    ...method,
    requestDeserialize: measureReading(method.requestDeserialize, sizes),
    responseSerialize: measureWriting(method.responseSerialize, sizes),
  };
}

/** nice-grpc takes these functions out of their objects, and asks the other members of the objects as before. */
function measureTsProto(method: TsProtoMethod, sizes: MessageSizes): TsProtoMethod {
  const { requestType, responseType } = method;
  const { encode } = responseType;
  const write = measureWriting((message) => encode(message).finish(), sizes);
  return {
    ...method,
    requestType: inherit(requestType, { decode: measureReading(requestType.decode, sizes) }),
    responseType: inherit(responseType, { encode: (message) => ({ finish: () => write(message) }) }),
  };
}

function isTsProto(definition: ServiceDefinition): definition is Exclude<ServiceDefinition, Methods<GrpcMethod>> {
  return typeof definition.fullName === 'string';
}

function inherit<Type extends object>(parent: Type, own: Partial<Type>): Type {
  return Object.assign(Object.create(parent) as Type, own);
}

function mapValues<Value, Result>(values: Methods<Value>, map: (value: Value) => Result): Methods<Result> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

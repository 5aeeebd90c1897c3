import type { GrpcMethodType } from '../../rpc/methods/method-type.ts';

/** A `DescMethod` of @bufbuild/protobuf. */
export interface ConnectMethod {
  readonly name: string;
  readonly methodKind: 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming';
  readonly parent: { readonly typeName: string };
}

export function typeOf({ methodKind }: ConnectMethod): GrpcMethodType {
  return methodKind.replace('streaming', 'stream') as GrpcMethodType; // the kinds differ from the types in this alone
}

export function pathOf({ name, parent }: ConnectMethod): string {
  return `/${parent.typeName}/${name}`;
}

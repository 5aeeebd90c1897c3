import type { GrpcMethodType } from '../../rpc/methods/method-type.ts';
import type { Method } from './types.ts';

const types: Readonly<Record<Method['methodKind'], GrpcMethodType>> = {
  unary: 'unary',
  server_streaming: 'server_stream',
  client_streaming: 'client_stream',
  bidi_streaming: 'bidi_stream',
};

export function typeOf({ methodKind }: Pick<Method, 'methodKind'>): GrpcMethodType {
  return types[methodKind];
}

export function pathOf({ name, parent }: Pick<Method, 'name' | 'parent'>): string {
  return `/${parent.typeName}/${name}`;
}

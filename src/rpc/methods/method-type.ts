/** How many messages go each way. */
export type GrpcMethodType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

/** The type of a method, as definitions and interceptors of gRPC describe it. */
export function methodType({
  requestStream,
  responseStream,
}: {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}): GrpcMethodType {
  if (requestStream) return responseStream ? 'bidi_stream' : 'client_stream';
  return responseStream ? 'server_stream' : 'unary';
}

export function streamsRequests(type: GrpcMethodType): boolean {
  return type === 'client_stream' || type === 'bidi_stream';
}

export function streamsResponses(type: GrpcMethodType): boolean {
  return type === 'server_stream' || type === 'bidi_stream';
}

export function isStream(type: GrpcMethodType | undefined): boolean {
  return type !== undefined && type !== 'unary';
}

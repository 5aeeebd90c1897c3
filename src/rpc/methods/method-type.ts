/** How many messages go each way. */
export type GrpcMethodType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

export function streamsRequests(type: GrpcMethodType): boolean {
  return type === 'client_stream' || type === 'bidi_stream';
}

export function streamsResponses(type: GrpcMethodType): boolean {
  return type === 'server_stream' || type === 'bidi_stream';
}

export function isStream(type: GrpcMethodType | undefined): boolean {
  return type !== undefined && type !== 'unary';
}

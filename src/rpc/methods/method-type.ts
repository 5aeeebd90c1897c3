/** How many messages go each way. */
export type MethodType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

export function streamsRequests(type: MethodType): boolean {
  return type === 'client_stream' || type === 'bidi_stream';
}

export function streamsResponses(type: MethodType): boolean {
  return type === 'server_stream' || type === 'bidi_stream';
}

export function isStream(type: MethodType | undefined): boolean {
  return type !== undefined && type !== 'unary';
}

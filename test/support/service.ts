/** The methods of the service `test.v1.Endings`, one of each type. */
export type MethodName = 'Unary' | 'ServerStream' | 'ClientStream' | 'Bidi';

/** What a codec of the tests does not read, and what it does not write. */
function deserialize(bytes: Buffer): Buffer {
  if (bytes[0] === 0xff) throw new Error('does not deserialize');
  return bytes;
}

function serialize(message: Buffer): Buffer {
  if (message[0] === 0xfe) throw new Error('does not serialize');
  return message;
}

function method(name: MethodName, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.v1.Endings/${name}`,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
}

/** The service, as grpc-js and nice-grpc define one. Its messages are bytes. */
export const service = {
  Unary: method('Unary', false, false),
  ServerStream: method('ServerStream', false, true),
  ClientStream: method('ClientStream', true, false),
  Bidi: method('Bidi', true, true),
};

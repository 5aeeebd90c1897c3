import type { CallMetadata } from '../../rpc/call-start.ts';
import type { Metadata, ReceivedMetadata } from './types.ts';

/** The metadata of grpc-js, as every framework's is read. */
export class GrpcMetadata implements CallMetadata {
  readonly raw: Metadata;

  constructor(raw: Metadata) {
    this.raw = raw;
  }

  get(name: string): string | undefined {
    const [first] = this.#values(name);
    return first === undefined ? undefined : text(first);
  }

  getAll(name: string): string[] {
    return this.#values(name).map(text);
  }

  #values(name: string): readonly (string | Buffer)[] {
    return (this.raw as ReceivedMetadata).get(name); // every Metadata has it; `object` keeps it ours only to read
  }
}

/** Binary values are Buffers in grpc-js. */
function text(value: string | Buffer): string {
  return typeof value === 'string' ? value : value.toString('base64');
}

import { expect, test } from 'vitest';
import { type ProcessObserver, patchFile } from './patch.ts';
import type { GrpcFile, GrpcFileName } from './types.ts';

class OtherServer {
  listen(): void {}
}
const others: [name: GrpcFileName, what: string, exports: object][] = [
  ['server', 'no class', {}],
  ['server', 'a function', { Server: () => {} }],
  ['server', 'another class', { Server: OtherServer }],
  ['client-interceptors', 'nothing', {}],
  ['client-interceptors', 'no function', { getInterceptingCall: 5 }],
  ['internal-channel', 'no class', { InternalChannel: {} }],
];
test.each(others)('a file %s of another package stays as it is: %s', (name, _what, exports) => {
  const before = { ...exports };
  expect(patchFile(name, exports as GrpcFile, () => undefined)).toBe(false);
  expect(exports).toEqual(before);
});

test('where nothing is observed, servers, channels and calls are as they were', () => {
  const asked: unknown[] = [];
  class Server {
    readonly done: unknown[] = [];
    addService(...given: unknown[]): void {
      this.done.push(['addService', ...given]);
      this.register('/a.B/C');
    }
    register(path: string): boolean {
      this.done.push(['register', path]);
      return true;
    }
    bindAsync(...given: unknown[]): unknown {
      this.done.push(['bindAsync', ...given]);
      return 'bound';
    }
  }
  class InternalChannel {
    readonly target: string;
    constructor(target: string) {
      this.target = target;
    }
  }
  const exports = { Server, InternalChannel, getInterceptingCall: (...given: unknown[]) => given };
  const file = exports as unknown as GrpcFile;
  const observer = () => void asked.push('asked');
  for (const name of ['server', 'client-interceptors', 'internal-channel'] as const) {
    expect(patchFile(name, file, observer)).toBe(true);
  }
  expect(asked).toEqual([]);
  const server = new Server();
  server.addService('definition', 'handlers');
  expect(server.bindAsync('address', 'credentials')).toBe('bound');
  expect(server.done).toEqual([
    ['addService', 'definition', 'handlers'],
    ['register', '/a.B/C'],
    ['bindAsync', 'address', 'credentials'],
  ]);
  expect(new exports.InternalChannel('a:1')).toBeInstanceOf(InternalChannel);
  expect(exports.getInterceptingCall('interceptors', 'method', 'options', 'channel', 'more')).toEqual([
    'interceptors',
    'method',
    'options',
    'channel',
    'more',
  ]);
  expect(asked).toHaveLength(3);
});

test('a server is observed before it binds, and is bound when the program has been called back', () => {
  const done: string[] = [];
  class Server {
    addService(): void {}
    register(): void {}
    bindAsync(_address: string, _credentials: object, callback: (port: number) => void): void {
      done.push('bindAsync');
      callback(50_051);
    }
  }
  const observer: ProcessObserver = {
    serverBinds: () => void done.push('serverBinds'),
    serverBound: () => void done.push('serverBound'),
    channelMade: () => {},
    observeChannel: (channel) => channel,
  };
  patchFile('server', { Server } as unknown as GrpcFile, () => observer);
  const callBack = (port: number) => {
    done.push(`callback ${port}`);
    throw new Error('of the program');
  };
  expect(() => new Server().bindAsync('127.0.0.1:0', {}, callBack)).toThrow('of the program');
  expect(done).toEqual(['serverBinds', 'bindAsync', 'callback 50051', 'serverBound']);
});

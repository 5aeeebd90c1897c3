import { type Answer, type Fault, faultProxy, rawServer, refusedAddress } from '../support/backends.ts';
import type { BackendBehaviour } from './adapter.ts';
import type { StartBackend } from './row.ts';

/** A real server whose handler behaves like this. Without a behaviour the method is not implemented. */
export function real(behaviour?: BackendBehaviour): StartBackend {
  return (serve, method) => serve(method, behaviour);
}

/** The same behind a proxy that does harm to each connection. */
export function proxied(behaviour: BackendBehaviour, fault: () => Fault): StartBackend {
  return async (serve, method) => {
    const server = await serve(method, behaviour);
    const proxy = await faultProxy(server.address, fault);
    const close = () => {
      proxy.close();
      server.close();
    };
    return { ...proxy, close };
  };
}

/** An HTTP/2 server that answers what no gRPC server does. */
export function fake(answer: Answer): StartBackend {
  return () => rawServer(answer);
}

/** An address without a server. */
export function nobodyAt(address: string): StartBackend {
  return async () => ({ address, drop: () => {}, close: () => {} });
}

/** A port where nobody listens. */
export const nobody: StartBackend = async (serve, method) => nobodyAt(await refusedAddress())(serve, method);

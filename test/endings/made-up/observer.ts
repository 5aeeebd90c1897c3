import {
  answeredCall,
  beginCall,
  endCall,
  findMethod,
  lostStatus,
  receivedMessage,
  sentMessage,
  unknownCall,
} from '../../../src/rpc/call.ts';
import { newCall } from '../../../src/rpc/call-state.ts';
import { handlerThrew } from '../../../src/rpc/handler.ts';
import type { ServerStore } from '../../../src/rpc/server-store.ts';
import type { CallObserver, ServerObserver } from './framework.ts';
import { StatusError } from './status-error.ts';

/** The adapter of the made-up framework: it reports what the framework shows to the port, and does nothing else. */
export class Observer implements ServerObserver {
  readonly #store: ServerStore;

  constructor(store: ServerStore) {
    this.#store = store;
  }

  call(path: string, deadline: number): CallObserver {
    const key = {};
    const method = findMethod(this.#store, path)!; // the contract excludes no methods
    const call = newCall(this.#store, method, () => deadline, key);
    beginCall(call);
    return {
      received: (bytes) => receivedMessage(call, bytes),
      sent: (bytes) => sentMessage(call, bytes),
      answered(error) {
        if (error !== undefined && !(error instanceof StatusError)) handlerThrew(key, error);
        answeredCall(call);
      },
      end: (code) => endCall(call, code),
      lost: () => endCall(call, lostStatus(call)),
    };
  }

  unknown(code: number): void {
    unknownCall(this.#store, code);
  }

  wrongContentType(): void {
    this.#store.reject('content_type');
  }
}

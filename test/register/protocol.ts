import type { ClientLimits } from '../client-endings/adapter.ts';
import type { InterceptorBehaviour, Limits } from '../endings/adapter.ts';
import type { Behaviour } from '../support/behaviour.ts';
import type { MethodName } from '../support/service.ts';
import type { CallOptions, Message } from '../support/test-client.ts';

/** What each command to a program says. Servers, clients and calls have numbers. */
interface Commands {
  /** From now on servers and clients are those of the copy that a dependency has. */
  useNested: object;
  /** Its result is the port. */
  serve: {
    server: number;
    method: MethodName;
    handler?: Behaviour;
    interceptor?: InterceptorBehaviour;
    limits: Limits;
  };
  tooLate: { server: number };
  shutDown: { server: number };
  kill: { server: number };
  connect: { client: number; address: string; limits: ClientLimits };
  ready: { client: number };
  start: { client: number; call: number; method: MethodName; options: CallOptions };
  send: { call: number; message: Message };
  halfClose: { call: number };
  cancel: { call: number };
  close: { client: number };
}

/** A command to a program. */
export type Command<Name extends keyof Commands = keyof Commands> = {
  [Key in Name]: Commands[Key] & { readonly name: Key; readonly id: number };
}[Name];

/** A command without its number. */
export type Order = { [Key in keyof Commands]: Commands[Key] & { readonly name: Key } }[keyof Commands];

/** A response of a call, or its end. */
export type ReportOfCall =
  | { readonly call: number; readonly response: number }
  | { readonly call: number; readonly status: string; readonly responses: readonly number[] };

/** What a program says: how a command ended, or how a call goes on. */
export type Report = { readonly id: number; readonly result?: number; readonly error?: string } | ReportOfCall;

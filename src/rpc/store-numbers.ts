import type { NativeBuckets } from '../core/snapshot.ts';
import type { ChannelState } from './channels.ts';
import type { ChosenDetails } from './methods/details.ts';
import type { MethodBounds } from './methods/method-bounds.ts';
import type { MethodNumbers } from './methods/method-numbers.ts';
import type { Seen } from './methods/series.ts';
import type { Rejection } from './server-store.ts';

/** Read-only view of a store: of one process, or of several summed. */
export interface CallNumbers {
  readonly bounds: MethodBounds;
  readonly emptyNative: NativeBuckets | undefined;
  readonly details: ChosenDetails;
  methods(seen?: Seen): Iterable<MethodNumbers>;
}

export interface ServerNumbers extends CallNumbers {
  /** Open HTTP/2 connections. */
  readonly connections: number;
  readonly rejected: Readonly<Record<Rejection, number>>;
}

export interface ClientNumbers extends CallNumbers {
  readonly attempts: boolean;
  readonly channels: ChannelNumbers;
}

/** Read-only view of `Channels`. */
export interface ChannelNumbers {
  targets(): Iterable<TargetNumbers>;
}

/** Read-only view of a `Target`. */
export interface TargetNumbers {
  readonly name: string;
  readonly transitions: Readonly<Record<ChannelState, number>>;
  states(): Readonly<Record<ChannelState, number>>;
  connections(): number;
}

import { MetricsError } from '../../../core/errors.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { Channel, ClientListener, Metadata } from '../types.ts';

/** One attempt at a call: what a call, its retries and its hedges are made of. */
export interface GrpcAttempt {
  start(metadata: Metadata, listener: ClientListener): void;
  getPeer(): string;
}

/**
 * What we need of a grpc-js channel beyond its public API, where attempts are wanted. Names and shapes are those of 1.10 to 1.14;
 * `docs/decisions/0009-retries-and-channels.md` says why.
 */
export interface ChannelInternals {
  /** Called once for each attempt, of whatever kind. */
  createLoadBalancingCall(config: unknown, path: string, ...more: unknown[]): GrpcAttempt;
  readonly wrappedSubchannels: ReadonlySet<Subchannel>;
}

/** A channel's part in a connection that channels may share. */
interface Subchannel {
  getConnectivityState(): number;
  /** The connection itself. */
  getRealSubchannel(): object;
}

const READY = 2;

/** Throws `unsupported_client` for what is not a channel of grpc-js 1.10 to 1.14. */
export function internalsOf(channel: Channel): ChannelInternals {
  const missing = missingIn(channel);
  if (missing === undefined) return (channel as unknown as { internalChannel: ChannelInternals }).internalChannel; // checked
  throw new MetricsError(
    'unsupported_client',
    `client: { attempts: true } needs channels of @grpc/grpc-js 1.10 to 1.14; this one has no ${missing}. ` +
      'With another version or a wrapper, leave attempts out: calls and their retries are counted without it',
  );
}

/** The connections of a channel that are ready for calls; none where the channel is gone or does not show them. */
export function openConnections(channel: Channel | undefined, { faults }: ClientStore): object[] {
  const open: object[] = [];
  if (channel === undefined || missingIn(channel) !== undefined) return open;
  faults.guard('connection', () => {
    for (const subchannel of internalsOf(channel).wrappedSubchannels) {
      if (subchannel.getConnectivityState() === READY) open.push(subchannel.getRealSubchannel());
    }
  });
  return open;
}

function missingIn(channel: Channel): string | undefined {
  const { internalChannel } = channel as { internalChannel?: Partial<ChannelInternals> | null }; // member by member
  if (typeof internalChannel !== 'object' || internalChannel === null) return 'internalChannel';
  if (typeof internalChannel.createLoadBalancingCall !== 'function') return 'internalChannel.createLoadBalancingCall';
  if (!(internalChannel.wrappedSubchannels instanceof Set)) return 'internalChannel.wrappedSubchannels';
  return undefined;
}

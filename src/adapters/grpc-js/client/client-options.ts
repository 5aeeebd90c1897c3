import { MetricsError } from '../../../core/errors.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { MethodType } from '../../../rpc/methods/method-type.ts';
import type {
  CallProperties,
  Channel,
  ClientOptions,
  MethodDefinition,
  ObservedClientOptions,
  ServiceDefinition,
} from '../types.ts';
import { watchAttempts } from './attempts.ts';
import { ObservedChannel, watchChannel } from './channel.ts';
import { internalsOf } from './internals.ts';

const types = ['unary', 'server_stream', 'client_stream', 'bidi_stream'] as const satisfies MethodType[];

/** Gives options to each client whose calls are to be observed. */
export type ClientObserver = <Options extends object>(options: Options) => ObservedClientOptions<Options>;

/**
 * Observes the clients that are made with the options it returns: every call that goes to their channel.
 *
 * grpc-js asks `callInvocationTransformer` before each call, whatever its interceptors, what channel to make it on: there it is
 * given one that observes. `docs/decisions/0008-client-calls.md` has the alternatives.
 */
export function clientObserver(store: ClientStore): ClientObserver {
  /** What each channel looks like to the four types of methods. Holds no channel: grpc-js's own are collected as before. */
  const observed = new WeakMap<Channel, (ObservedChannel | undefined)[]>();
  const watched = new WeakSet<Channel>();

  const watch = (channel: Channel) => {
    const bottom = layersOf(channel).at(-1)!;
    if (watched.has(bottom)) return;
    watched.add(bottom);
    store.faults.guard('connection', () => watchChannel(bottom, store));
    if (store.attempts) store.faults.guard('call', () => watchAttempts(bottom, store));
  };

  /** A channel of the user's: while the client is being made, a mistake may throw. */
  const watchGiven = (channel: Channel) => {
    if (store.attempts) internalsOf(layersOf(channel).at(-1)!);
    store.faults.guard('connection', () => watch(channel));
  };

  const viewsOf = (channel: Channel) => {
    const known = observed.get(channel);
    if (known !== undefined) return known;
    watch(channel);
    const views: (ObservedChannel | undefined)[] = [];
    observed.set(channel, views);
    return views;
  };

  const observe = ({ channel, methodDefinition }: CallProperties): Channel => {
    if (channel instanceof ObservedChannel) {
      // Slow path: options of an observed client that were given to us once more. Its calls count once.
      const isOurs = (layer: Channel) => layer instanceof ObservedChannel && layer.store === store;
      if (layersOf(channel).some(isOurs)) return channel;
    }
    const views = viewsOf(channel);
    const type = typeIndex(methodDefinition);
    views[type] ??= new ObservedChannel(store, channel, types[type]!);
    return views[type] as unknown as Channel; // it has got all methods of the one that it stands for
  };

  return <Options extends ClientOptions>(options: Options) => {
    const { channelOverride, channelFactoryOverride: create, callInvocationTransformer: transform } = options;
    if (channelOverride) watchGiven(channelOverride);
    return {
      ...options,
      ...(create && {
        channelFactoryOverride: (address: unknown, credentials: unknown, rest: unknown): Channel => {
          const channel = create(address, credentials, rest);
          watchGiven(channel);
          return channel;
        },
      }),
      callInvocationTransformer: (properties: CallProperties): CallProperties => {
        const transformed = transform === undefined ? properties : transform(properties);
        try {
          const channel = observe(transformed);
          // grpc-js makes the object for this one call; one of the user's is not ours to change.
          if (transform !== undefined) return { ...transformed, channel };
          properties.channel = channel;
        } catch (error) {
          store.faults.count('call', error);
        }
        return transformed;
      },
    };
  };
}

/** Makes the series of all methods of a service. Throws `invalid_option` for what is not one. */
export function declareService(definition: ServiceDefinition, store: ClientStore): void {
  const methods: unknown[] = typeof definition === 'object' && definition !== null ? Object.values(definition) : [];
  if (methods.length === 0 || !methods.every(isMethodDefinition)) {
    const remedy = 'give what generated code exports, or loadPackageDefinition(...).pkg.Service.service';
    throw new MetricsError('invalid_option', `preregister() needs the definition of a service: ${remedy}`);
  }
  for (const method of methods) store.declare(method.path, types[typeIndex(method)]);
}

function isMethodDefinition(method: unknown): method is MethodDefinition {
  return typeof (method as Partial<MethodDefinition> | null)?.path === 'string'; // any value may be asked for a member
}

/** The channel, and those that it stands for if it is observed: grpc-js's or the user's own is the last. */
function layersOf(channel: Channel): Channel[] {
  return channel instanceof ObservedChannel ? [channel, ...layersOf(channel.next)] : [channel];
}

function typeIndex({ requestStream, responseStream }: MethodDefinition): number {
  return (requestStream ? 2 : 0) + (responseStream ? 1 : 0);
}

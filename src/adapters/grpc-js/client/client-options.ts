import { MetricsError } from '../../../core/errors.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import { methodType } from '../../../rpc/methods/method-type.ts';
import type {
  CallProperties,
  Channel,
  ClientOptions,
  GrpcMethodDefinition,
  GrpcServiceDefinition,
  ObservedClientOptions,
} from '../types.ts';
import type { ObservedChannels } from './observed-channels.ts';

/** An option that every channel reads from its own options when it is made. */
const readByChannels = 'grpc.enable_channelz';

/**
 * The options of a client whose calls are to be observed: every call that goes to its channel.
 *
 * grpc-js asks `callInvocationTransformer` before each call, whatever its interceptors, what channel to make it on: there it is
 * given one that observes. `docs/decisions/0008-client-calls.md` has the alternatives.
 */
export function observedOptions<Options extends ClientOptions>(
  options: Options,
  channels: ObservedChannels,
): ObservedClientOptions<Options> {
  const { channelOverride, channelFactoryOverride: create, callInvocationTransformer: transform } = options;
  if (channelOverride) channels.watchGiven(channelOverride);
  const observed = {
    ...options,
    ...(create && {
      channelFactoryOverride: (address: unknown, credentials: unknown, rest: unknown): Channel => {
        const channel = create(address, credentials, rest);
        channels.watchGiven(channel);
        return channel;
      },
    }),
    callInvocationTransformer: (properties: CallProperties): CallProperties => {
      const transformed = transform === undefined ? properties : transform(properties);
      try {
        const channel = channels.view(transformed.channel, methodType(transformed.methodDefinition));
        // grpc-js makes the object for this one call; one of the user's is not ours to change.
        if (transform !== undefined) return { ...transformed, channel };
        properties.channel = channel;
      } catch (error) {
        channels.store.faults.count('call', error);
      }
      return transformed;
    },
  };
  if (!Object.hasOwn(observed, readByChannels)) Object.defineProperty(observed, readByChannels, { get: refuseChannel });
  return observed;
}

/** A client copies its options and asks the copy. A channel that is given them itself would never ask for a transformer. */
function refuseChannel(): never {
  const remedy = 'make the channel with your own options and observe it with metrics.channel(channel)';
  throw new MetricsError('invalid_option', `clientOptions() are for a Client, and a Channel was given them: ${remedy}`);
}

/** Makes the series of all methods of a service. Throws `invalid_option` for what is not one. */
export function declareService(definition: GrpcServiceDefinition, store: ClientStore): void {
  const methods: unknown[] = typeof definition === 'object' && definition !== null ? Object.values(definition) : [];
  if (methods.length === 0 || !methods.every(isMethodDefinition)) {
    const remedy = 'give what generated code exports, or loadPackageDefinition(...).pkg.Service.service';
    throw new MetricsError('invalid_option', `preregister() needs the definition of a service: ${remedy}`);
  }
  for (const method of methods) store.declare(method.path, methodType(method));
}

function isMethodDefinition(method: unknown): method is GrpcMethodDefinition {
  return typeof (method as Partial<GrpcMethodDefinition> | null)?.path === 'string'; // any value may be asked for a member
}

import { ServerError, type ServiceImplementation, Status } from 'nice-grpc';

interface Order {
  readonly id: string;
}

/** A message, as ts-proto generates one: here of JSON. */
const Order = {
  encode: (message: Order) => ({ finish: (): Uint8Array => Buffer.from(JSON.stringify(message)) }),
  decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Order,
  fromPartial: (message: Partial<Order>): Order => ({ id: '', ...message }),
};

function method<const Name extends string, const In extends boolean, const Out extends boolean>(
  name: Name,
  requestStream: In,
  responseStream: Out,
) {
  return { name, requestType: Order, requestStream, responseType: Order, responseStream, options: {} };
}

/** A service with a method of each type, as ts-proto generates its definition with `outputServices=generic-definitions`. */
export const OrdersDefinition = {
  name: 'Orders',
  fullName: 'shop.v1.Orders',
  methods: {
    getOrder: method('GetOrder', false, false),
    listOrders: method('ListOrders', false, true),
    putOrders: method('PutOrders', true, false),
    chat: method('Chat', true, true),
  },
};

/** Refuses the order `none`, and has a bug in the order `bug`. */
export const orders: ServiceImplementation<typeof OrdersDefinition> = {
  async getOrder({ id }) {
    if (id === 'none') throw new ServerError(Status.NOT_FOUND, 'no such order');
    if (id === 'bug') throw new TypeError('a bug');
    return { id };
  },
  async *listOrders({ id }) {
    yield* [{ id }, { id }, { id }];
  },
  async putOrders(requests) {
    let last = '';
    for await (const { id } of requests) last = id;
    return { id: last };
  },
  async *chat(requests) {
    yield* requests;
  },
};

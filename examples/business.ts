import type { GrpcMetrics } from 'grpc-vitals';

/** The service's own metrics, beside those of the calls. Declared once, at start-up: a mistake in here stops the process. */
export function declareBusiness(metrics: GrpcMetrics) {
  return {
    operations: metrics.counter({
      name: 'business_operations_total',
      help: 'Business operations',
      labelNames: ['operation_type'],
    }),
    ordersWatched: metrics.gauge({
      name: 'business_orders_watched',
      help: 'Orders whose progress a customer is following',
    }),
    orderValue: metrics.histogram({
      name: 'business_order_value_euros',
      help: 'Value of the orders created, in euros',
      buckets: [10, 25, 50, 100, 250, 500, 1000],
    }),
  };
}

/** Where the handlers count what they did for the business. */
export type Business = ReturnType<typeof declareBusiness>;

import { type GrpcMetrics, type MetricsEndpoint, MetricsError } from 'grpc-vitals';

/** Exposes the metrics on the port that this option of the command line gave. Rejects with a message for people when it is taken. */
export async function exposeMetrics(
  metrics: GrpcMetrics,
  option: string,
  port: number,
  host: string | undefined,
): Promise<MetricsEndpoint> {
  return metrics.expose({ port, host }).catch((cause: unknown) => {
    if (!(cause instanceof MetricsError) || cause.code !== 'port_in_use') throw cause;
    throw new Error(portTaken(option, port), { cause });
  });
}

export function portTaken(option: string, port: number): string {
  return `port ${port} is taken: end the program that has it, or give another with ${option} (0 takes a free one)`;
}

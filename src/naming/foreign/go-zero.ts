import { statusNames } from '../../rpc/status.ts';
import { type CallShape, counter, type Side } from '../call-shape.ts';

/**
 * The framework go-zero: durations in milliseconds, codes as numbers.
 * Source: https://github.com/zeromicro/go-zero/blob/master/zrpc/internal/serverinterceptors/prometheusinterceptor.go
 */
function shapeOf(side: Side): CallShape {
  return {
    side,
    method: { label: 'method', form: '/service/method' },
    status: { label: 'code', codes: Array.from(statusNames.keys(), String) },
    requests: counter(`rpc_${side}_requests_code_total`),
    durations: `rpc_${side}_requests_duration_ms`,
    secondsPerUnit: 0.001,
    startsAtZero: false,
  };
}

export const goZeroShapes: readonly CallShape[] = [shapeOf('server'), shapeOf('client')];

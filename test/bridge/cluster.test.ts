import { expect, test } from 'vitest';
import { run } from '../support/servers/promtool.ts';
import { libraries } from './libraries.ts';

test.each(libraries.map(([name]) => name))(
  '%s: its cluster adds up what the workers counted',
  async (name) => {
    const args = ['--import', 'tsx', 'test/bridge/cluster-program.ts', name];
    const { code, stdout, stderr } = await run(process.execPath, args, { timeoutMs: 60_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('grpc_requests_total{method="/test.v1.Echo/Echo",status="OK"} 3\n');
    expect(stdout).toContain('grpc_request_duration_seconds_bucket{le="+Inf",method="/test.v1.Echo/Echo"} 3\n');
    expect(stdout).toContain('grpc_request_duration_seconds_count{method="/test.v1.Echo/Echo"} 3\n');
    expect(stdout).toContain('grpc_active_connections 2\n');
    expect(stdout).toContain('grpc_service_info{service="shop",version="1"} 1\n');
    expect(stdout).toContain('largest_bytes 3\n');
    expect(stdout.match(/^# TYPE grpc_requests_total/gm)).toHaveLength(1);
  },
  70_000,
);

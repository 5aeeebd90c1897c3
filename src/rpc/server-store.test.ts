import { expect, test } from 'vitest';
import { unknownCall } from './call.ts';
import { Faults } from './faults.ts';
import { ServerStore } from './server-store.ts';
import { status } from './status.ts';

const faults = () => new Faults(() => {});
const paths = (store: ServerStore) => Array.from(store.methods(), ({ path }) => path);

test('it begins without connections and rejections', () => {
  const rejected = { content_type: 0, protocol: 0, tls_handshake: 0 };
  expect(new ServerStore(faults())).toMatchObject({ connections: 0, rejected });
});

test.each([{ exclude: [] }, { exclude: ['unknown', '/unknown'] }, {}])(
  'unknown methods are one series, whatever is excluded: %j',
  (options) => {
    const store = new ServerStore(faults(), { ...options, clock: () => 5 });
    unknownCall(store, status.UNIMPLEMENTED);
    unknownCall(store, status.UNIMPLEMENTED);
    unknownCall(store, status.CANCELLED);
    expect(paths(store)).toEqual(['unknown']);
    const unknown = store.method('unknown')!;
    expect(unknown).toMatchObject({ started: 3, finished: 3 });
    expect(unknown.outcome(status.UNIMPLEMENTED)?.durations.count).toBe(2);
    expect(unknown.outcome(status.CANCELLED)?.durations.count).toBe(1);
  },
);

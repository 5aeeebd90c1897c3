import { expect, test, vi } from 'vitest';
import { emitWarning, warnThrough } from './logger.ts';

test('a logger gets the message and the details, as its method', () => {
  const said: unknown[] = [];
  const logger = {
    prefix: 'metrics: ',
    warn(message: string, details: object) {
      said.push(this.prefix + message, details);
    },
  };
  const details = { stage: 'call' };
  warnThrough(logger)('late', details);
  expect(said).toEqual(['metrics: late', details]);
});

test('a logger that rejects ends nothing', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    warnThrough({ warn: async () => Promise.reject(new Error('no disk')) })('late', {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});

test('without a logger it is a warning of the process, with the stack', () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    expect(warnThrough(undefined)).toBe(emitWarning);
    const error = new Error('no disk');
    emitWarning('late', { error });
    emitWarning('later', { error: 'no disk' });
    const type = 'GrpcVitalsWarning';
    expect(emit.mock.calls).toEqual([
      ['late', { type, detail: error.stack }],
      ['later', { type }],
    ]);
  } finally {
    emit.mockRestore();
  }
});

import { performance } from 'node:perf_hooks';
import { chooseVocabularies, unionOfBounds } from '../src/naming/choice.ts';
import { vocabularyNames } from '../src/naming/vocabularies/all.ts';
import { beginCall, endCall, receivedMessage, sentMessage } from '../src/rpc/call.ts';
import { newCall } from '../src/rpc/call-state.ts';
import { Faults } from '../src/rpc/faults.ts';
import { CallStore } from '../src/rpc/store.ts';
import { type Contenders, compare, print, serve } from './compare.ts';

const path = '/bench.v1.Bench/Unary';
const store = new CallStore(new Faults());
const method = store.method(path)!;
const buckets = unionOfBounds(chooseVocabularies(vocabularyNames));
const storeOfAll = new CallStore(new Faults(), { buckets });
const ofAll = storeOfAll.method(path)!;
const noDeadline = () => Infinity;

/** A whole unary call: start, message in, message out, end. */
function record(of = store, its = method, code = 0): void {
  const call = newCall(of, its, noDeadline);
  beginCall(call);
  receivedMessage(call);
  sentMessage(call);
  endCall(call, code);
}

const contenders: Contenders = {
  'two performance.now()': (times) => {
    let sum = 0;
    for (let index = 0; index < times; index += 1) sum += performance.now() - performance.now();
    if (sum > 0) throw new Error('the clock runs backwards'); // Uses the sum, so that no read is optimized away.
  },
  'recording a whole unary call': (times) => {
    for (let index = 0; index < times; index += 1) record();
  },
  'the same with all vocabularies': (times) => {
    for (let index = 0; index < times; index += 1) record(storeOfAll, ofAll);
  },
  'the same, its method looked up by path': (times) => {
    for (let index = 0; index < times; index += 1) record(store, store.method(path)!);
  },
};

serve(contenders);

export async function recording(): Promise<void> {
  const title = 'Recording (goal: at most 1.2 times two clock reads)';
  print(title, await compare(import.meta.url, contenders));
}

/** Ten million recorded calls: what the heap has grown by, in bytes, after garbage collection. */
export function heapGrowth(calls = 10_000_000): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  const recordMany = (times: number) => {
    for (let index = 0; index < times; index += 1) {
      record(store, store.method(path)!, index % 17);
    }
  };
  recordMany(100_000);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  recordMany(calls);
  globalThis.gc();
  const grown = process.memoryUsage().heapUsed - before;
  console.log(`\nHeap after ${calls.toLocaleString('en')} recorded calls (goal: no growth)\n  ${grown} bytes`);
}

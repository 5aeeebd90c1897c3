import { expect, test } from 'vitest';
import { Faults } from '../rpc/faults.ts';
import { callLabels } from './label-names.ts';

const faults = new Faults(() => {});

const ofOurs = ['method', 'status', 'error_type', 'le', 'quantile', 'reason', 'service', 'side', 'state', 'target'];
const ofVocabularies = ['grpc_method', 'grpc_code', 'grpc_', 'rpc_method', 'server_address', 'network_type'];
const ofNobody = ['__name__', '1a', 'a-b', 'a b', '', 'ä'];
test.each([...ofOurs, ...ofVocabularies, ...ofNobody])('%j cannot be a label of calls', (name) => {
  expect(() => callLabels({ [name]: 'x' }, faults)).toThrow(expect.objectContaining({ code: 'invalid_label' }));
});

test.each(['tenant', 'region', 'Method', 'methods', 'constructor', 'a1_', 'version', 'job'])('%j can', (name) => {
  expect(callLabels({ [name]: 'x' }, faults)?.none.labels).toEqual({ [name]: 'x' });
});

test.each([5, null, 'tenant'])('%j is no object of labels', (spec) => {
  expect(() => callLabels(spec as never, faults)).toThrow(expect.objectContaining({ code: 'invalid_option' }));
});

test('there need not be any', () => {
  expect(callLabels(undefined, faults)).toBeUndefined();
  expect(callLabels({}, faults)?.isVariable).toBe(false);
});

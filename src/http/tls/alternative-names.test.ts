import { expect, test } from 'vitest';
import { alternativeNames } from './alternative-names.ts';

const rows: [name: string, subjectAltName: string, names: string[]][] = [
  ['none', '', []],
  ['one', 'DNS:a.example', ['a.example']],
  ['all kinds', 'DNS:a, IP Address:10.0.0.1, email:x@y, URI:spiffe://a/b', ['a', '10.0.0.1', 'x@y', 'spiffe://a/b']],
  ['an IPv6 address', 'IP Address:2001:DB8:0:0:0:0:0:1', ['2001:db8::1']],
  ['an address that is none', 'IP Address:<invalid>', ['<invalid>']],
  ['kinds that identify nobody', 'DirName:"CN=a", Registered ID:1.2.3, DNS:b', ['b']],
  ['a name that looks like three', 'DNS:"a, DNS:b, DNS:c"', ['a, DNS:b, DNS:c']],
  ['a name that ends with a quote', 'DNS:"a\\", DNS:b", DNS:c', ['a", DNS:b', 'c']],
  ['a name with a zero byte', 'DNS:"a\\u0000b"', ['a\0b']],
  ['quotes that are not closed', 'DNS:"a, DNS:b', []],
];
test.each(rows)('names of a certificate: %s', (_name, subjectAltName, names) => {
  expect(alternativeNames({ subjectAltName })).toEqual(names);
});

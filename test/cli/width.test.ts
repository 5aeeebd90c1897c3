import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { widthOf } from '../../src/cli/top/width.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { serve } from './endpoint.ts';
import { ownExposition } from './expositions.ts';
import { Tmux } from './tmux.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const texts: Record<string, string> = {
  ASCII: 'abc',
  Latin: 'Größe',
  'with marks': 'a\u0300\u0301b\u0308',
  Greek: 'Ωμέγα',
  Cyrillic: 'Заказ',
  Hebrew: 'שָׁלוֹם',
  Arabic: 'طلب',
  Thai: 'ก็ไทย',
  Devanagari: 'क्षिनी',
  Chinese: '订单服务',
  'beyond the first plane': '𠀀𠮷',
  Japanese: 'ご注文カフェ',
  'Japanese with marks': 'は\u3099',
  'half the width': 'ｶﾌｪ',
  'the full width': 'Ｆｕｌｌ；',
  Korean: '주문',
  'Korean in parts': '\u1112\u1161\u11AB',
  Tangut: '𗀀',
  punctuation: '。、〈〉—…“”',
  'a blank of two columns': '\u3000x',
  emoji: '😀🚀✅⌚',
  flag: '🇩🇪',
  'emoji that are text': '☎❤©',
  'in circles': '①㊙ⓐ',
  lines: '▁▂█│─',
  'what could not be decoded': '\uFFFD',
};

describeWith(['tmux'], 'widths as tmux has them', ({ tmux }) => {
  test('of texts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-width-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'texts');
    // Each is followed by a bar in a column of its own: the blanks between are what it left.
    const lines = Object.values(texts).map((text) => `${text}\u001B[21G|\r\n`);
    await writeFile(file, `${lines.join('')}end`);
    const terminal = new Tmux(tmux, `sh -c "cat ${file}; sleep 100"`, 40, lines.length + 1);
    closing.push(() => terminal.close());
    const shown = (await terminal.until(/^end$/m)).split('\n');
    const widths = Object.keys(texts).map((name, index) => [name, 20 - / *(?=\|$)/.exec(shown[index]!)![0].length]);
    expect(Object.fromEntries(widths.map(([name, width]) => [name, width]))).toEqual(
      Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, widthOf(text)])),
    );
  });

  test('of methods in the table of top', async () => {
    const methods = ['Say', 'ご注文', '주문', 'e\u0301te\u0301', '😀'];
    const endpoint = await serve((scrapes) =>
      methods
        .map((method, index) => ownExposition({ calls: scrapes * (5 - index) * 8, method }))
        .join('')
        .replace(/^#.*\n/gm, ''),
    );
    closing.push(endpoint.close);
    const command = `node --import tsx test/cli/fixed-clock.ts 1 top --interval 1s ${endpoint.url}`;
    const terminal = new Tmux(tmux, command, 60, 12);
    closing.push(() => terminal.close());
    const table = (screen: string) => screen.slice(screen.indexOf('METHOD'));
    expect(table(await terminal.until(/😀/))).toMatchInlineSnapshot(`
      "METHOD             RATE/s  ERRORS     P95     P99  IN FLIGHT
      …emo.v1.Eliza/Say    40.0   25.0%  95.5ms  99.1ms          1
      ….v1.Eliza/ご注文    32.0   25.0%  95.5ms  99.1ms          1
      …mo.v1.Eliza/주문    24.0   25.0%  95.5ms  99.1ms          1
      …emo.v1.Eliza/été    16.0   25.0%  95.5ms  99.1ms          1
      /demo.v1.Eliza/😀    8.00   25.0%  95.5ms  99.1ms          1"
    `);
    terminal.resize(34, 12);
    expect(table(await terminal.until(/ERRORS$/m))).toMatchInlineSnapshot(`
      "METHOD              RATE/s  ERRORS
      /demo.v1.Eliza/Say    40.0   25.0%
      …o.v1.Eliza/ご注文    32.0   25.0%
      …emo.v1.Eliza/주문    24.0   25.0%
      /demo.v1.Eliza/été    16.0   25.0%
      /demo.v1.Eliza/😀     8.00   25.0%"
    `);
  });
});

import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { newFolder, removeFolders } from './folders.ts';
import { describeWithMounts, runOnTmpfs } from './namespaces.ts';

const program = fileURLToPath(new URL('./full-disk.mjs', import.meta.url));

afterEach(removeFolders);

/** What a scrape had. */
interface Seen {
  readonly series: number;
  readonly things: number;
  readonly errors: number;
  readonly deaths: number;
  /** Series that an earlier scrape had. */
  readonly lost: number;
  readonly fallen: number;
  readonly books?: number;
}

type Printed = Readonly<Record<'before' | 'full' | 'killed' | 'unfolded' | 'after', Seen>> & {
  readonly warnings: readonly string[];
};

describeWithMounts('a tmpfs that is full for a while', () => {
  test('nothing falls, what is missing is counted, and all of it comes back', { timeout: 150_000 }, async () => {
    const printed = JSON.parse(await runOnTmpfs(program, newFolder(), 2 ** 20)) as Printed; // as it prints it
    const { before, full, killed, unfolded, after, warnings } = printed;
    for (const { lost, fallen } of [before, full, killed, unfolded, after]) expect([lost, fallen]).toEqual([0, 0]);
    expect(before).toMatchObject({ series: 101, things: 105, errors: 0 });
    // What has a place counts on. Some new series have room, many have none.
    expect(full.series).toBeLessThan(3101);
    expect(full.things).toBe(205 + full.series - 101);
    expect(full.errors).toBeGreaterThan(0);
    // The dead cannot be folded, and count all the same.
    expect(killed).toMatchObject({ things: full.things, deaths: 1 });
    expect(unfolded).toMatchObject({ things: full.things, deaths: 1, books: 3 });
    expect(after).toMatchObject({ series: 3101, things: 3205, deaths: 1, books: 2 });
    const expected = ['the folder of the books is full', 'ENOSPC', 'this process has its own metrics alone'];
    for (const text of expected) expect(warnings.filter((warning) => warning.includes(text))).not.toEqual([]);
  });
});

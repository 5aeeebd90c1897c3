import { Histogram } from '../../src/core/histogram.ts';
import { NativeHistogram } from '../../src/core/native/native-histogram.ts';
import { Book } from '../../src/processes/book.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import { identityOf } from './folders.ts';
import { randomFrom } from './history.ts';

/** Writes a book as fast as it can until its parent is gone: `stress-writer.ts FOLDER`. */
const [folder = ''] = process.argv.slice(2);
const book = new Book(folder, { ...identityOf('writer'), worker: 0, created: 1, ports: [] });
const rows = new EntityRows(book, ['thing'], {});
const random = randomFrom(5);
const native = new Histogram([1, 10, 100], () => {}, { native: new NativeHistogram() });
const classic = new Histogram([1, 10, 100], () => {});
let writes = 0;

function write(): void {
  const value = 10 ** (random() * 4 - 1);
  writes += 1;
  native.observe(value);
  classic.observe(1);
  rows.putHistogram('native', 'sum', native.live({}), 1);
  rows.putHistogram('classic', 'sum', classic.live({}), 1);
  const labels = { trace_id: String(writes).padStart(64, '0'), again: String(writes).padStart(40, '0') };
  rows.putExemplars('native', [{ labels, value: writes, timestamp: writes }]);
  // Label sets that come and go, so that space is used again.
  rows.put(`row ${writes}`, 'sum', [writes, writes, writes]);
  rows.remove(`row ${writes - 3}`);
  book.flush();
}

write();
book.publish('writer.book');
process.send!('writes');
process.once('disconnect', () => process.exit());
(function turn(): void {
  for (let count = 0; count < 200; count += 1) write();
  setImmediate(turn);
})();

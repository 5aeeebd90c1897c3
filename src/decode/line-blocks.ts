/** Bytes of text in a block: some milliseconds of reading. */
const blockSize = 64 * 1024;
const newLine = 0x0a;

/** The lines of a text in blocks. What follows the last line's end, '' where nothing does, is the last element of each. */
export function* lineBlocks(bytes: Uint8Array): Generator<string[]> {
  for (let at = 0; at < bytes.length; ) {
    const last = bytes.indexOf(newLine, at + blockSize);
    const end = last === -1 ? bytes.length : last + 1;
    yield decode(bytes.subarray(at, end)).split('\n');
    at = end;
  }
}

/** With U+FFFD where it is not UTF-8, and only there. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replaceAll('\uFFFD', '?');
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
}

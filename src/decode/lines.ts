/** Lines of a text, decoded. */
export interface LineBlock {
  readonly texts: readonly string[];
  /** Indexes of lines that are not UTF-8. They have U+FFFD in place of what is not. */
  readonly notUtf8: ReadonlySet<number>;
  /** Whether the last of them does not end with a new line: the text ends there. */
  readonly isOpen: boolean;
}

/** Bytes of text in a block: some milliseconds of reading. */
const blockSize = 64 * 1024;
const newLine = 0x0a;

/** The lines of a text that arrives in pieces. Blocks are of about 64 kB, so that whoever reads them can pause in between. */
export async function* readLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<LineBlock, void> {
  /** The beginning of a line whose end has not arrived. */
  let begun: Uint8Array[] = [];
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + blockSize);
      at += part.length;
      const end = part.lastIndexOf(newLine) + 1;
      if (end > 0) {
        yield decode(join([...begun, part.subarray(0, end)]), false);
        begun = [];
      }
      // A copy: what is left of a piece must not hold all of it in memory.
      if (end < part.length) begun.push(part.slice(end));
    }
  }
  if (begun.length > 0) yield decode(join(begun), true);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

const strict = { fatal: true, ignoreBOM: true } as const;

function decode(bytes: Uint8Array, isOpen: boolean): LineBlock {
  let text: string | undefined;
  try {
    text = new TextDecoder('utf-8', strict).decode(bytes);
  } catch {
    return decodeLoosely(bytes, isOpen);
  }
  const texts = text.split('\n');
  if (!isOpen) texts.pop();
  return { texts, notUtf8: new Set(), isOpen };
}

/** Line by line, where something in them is not UTF-8. */
function decodeLoosely(bytes: Uint8Array, isOpen: boolean): LineBlock {
  const texts: string[] = [];
  const notUtf8 = new Set<number>();
  const loose = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let at = 0; at < bytes.length; ) {
    const next = bytes.indexOf(newLine, at);
    const line = bytes.subarray(at, next === -1 ? bytes.length : next);
    at += line.length + 1;
    try {
      texts.push(new TextDecoder('utf-8', strict).decode(line));
    } catch {
      notUtf8.add(texts.length);
      texts.push(loose.decode(line));
    }
  }
  return { texts, notUtf8, isOpen };
}

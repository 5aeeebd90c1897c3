/** A key: a character as it is, or a name. */
export type Key = string;

const escapeCharacter = '\u001B';

const sequences: readonly (readonly [sequence: string, key: Key])[] = [
  ['\u001B[A', 'up'],
  ['\u001BOA', 'up'],
  ['\u001B[B', 'down'],
  ['\u001BOB', 'down'],
  ['\u001B[C', 'right'],
  ['\u001BOC', 'right'],
  ['\u001B[D', 'left'],
  ['\u001BOD', 'left'],
  ['\u001B[5~', 'page up'],
  ['\u001B[6~', 'page down'],
  ['\u001B[H', 'home'],
  ['\u001BOH', 'home'],
  ['\u001B[1~', 'home'],
  ['\u001B[F', 'end'],
  ['\u001BOF', 'end'],
  ['\u001B[4~', 'end'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u007F', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
  ['\u001A', 'suspend'],
];

/** Any other sequence of a terminal behind its first character, such as a function key or a report. */
const unknownSequence = /^(?:\[[0-?]*[ -/]*[@-~]|O.)/;

/** The keys in what a terminal sends at once, which may be several: pasted text, or a key that is held down. */
export function readKeys(text: string): Key[] {
  const keys: Key[] = [];
  for (let rest = text; rest !== ''; ) {
    const known = sequences.find(([sequence]) => rest.startsWith(sequence));
    const unknown = rest.startsWith(escapeCharacter) ? unknownSequence.exec(rest.slice(1))?.[0] : undefined;
    const character = String.fromCodePoint(rest.codePointAt(0)!);
    if (known !== undefined) keys.push(known[1]);
    else if (unknown === undefined) keys.push(character === escapeCharacter ? 'escape' : character);
    rest = rest.slice(known?.[0].length ?? (unknown === undefined ? character.length : unknown.length + 1));
  }
  return keys;
}

import { checkKeyOnce, type DocumentEntry, DocumentError, type DocumentNode, deepest } from './document.ts';
import type { LineCounter, YamlDocument, YamlPackage, YamlScalar } from './yaml-package.ts';

/** Most parts of a file. Aliases of aliases can make millions of a few lines. */
const mostNodes = 10_000;

/** Reads the first document of a YAML file. Throws `DocumentError`. */
export function readYaml(text: string, yaml: YamlPackage): DocumentNode {
  const lineCounter = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, {
    version: '1.1', // as Prometheus reads it
    schema: 'failsafe', // every scalar is a text: its field knows what it means
    uniqueKeys: true,
    prettyErrors: false, // they show a part of the text
    logLevel: 'silent',
    lineCounter,
  });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (document === undefined) return { kind: 'scalar', text: '', isPlain: true, line: 1 };
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lineCounter.linePos(error.pos[0]);
    if (error.code === 'DUPLICATE_KEY') throw new DocumentError('a field is there twice', line);
    throw new DocumentError(`it is not YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`, line);
  }
  return new YamlReader(yaml, document, lineCounter).read(document.contents, 0);
}

class YamlReader {
  readonly #yaml: YamlPackage;
  readonly #document: YamlDocument;
  readonly #lines: LineCounter;
  #nodes = 0;

  constructor(yaml: YamlPackage, document: YamlDocument, lines: LineCounter) {
    this.#yaml = yaml;
    this.#document = document;
    this.#lines = lines;
  }

  read(given: unknown, depth: number): DocumentNode {
    const yaml = this.#yaml;
    const node = yaml.isAlias(given) ? given.resolve(this.#document) : given;
    if (yaml.isAlias(given) && node === undefined) {
      throw new DocumentError('an alias has no anchor', this.#lineOf(given));
    }
    const line = this.#lineOf(node);
    this.#nodes += 1;
    if (depth > deepest || this.#nodes > mostNodes) throw new DocumentError('it is nested too deeply', line);
    if (yaml.isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1)), line };
    }
    if (!yaml.isMap(node)) return scalar(yaml.isScalar(node) ? node : undefined, line);
    const entries: DocumentEntry[] = [];
    const merged: DocumentEntry[] = [];
    for (const { key, value } of node.items) {
      const name = this.read(key, depth + 1);
      if (name.kind !== 'scalar') throw new DocumentError('a field has no name', name.line);
      const entry = { key: name.text, value: this.read(value, depth + 1), line: name.line };
      if (name.text === '<<' && name.isPlain) merged.push(...mergedEntries(entry.value));
      else {
        checkKeyOnce(entry.key, entries, entry.line);
        entries.push(entry);
      }
    }
    for (const entry of merged) if (!entries.some(({ key }) => key === entry.key)) entries.push(entry);
    return { kind: 'map', entries, line };
  }

  #lineOf(node: unknown): number {
    const range = (node as { readonly range?: readonly number[] | null } | null)?.range; // every node has one
    return range?.[0] === undefined ? 1 : this.#lines.linePos(range[0]).line;
  }
}

function scalar(node: YamlScalar | undefined, line: number): DocumentNode {
  const isPlain = node === undefined || (node.type === 'PLAIN' && node.tag === undefined);
  // A text in quotes is what it stands for; a plain one is what is written.
  const text = isPlain ? (node?.source ?? '') : String(node?.value);
  return { kind: 'scalar', text, isPlain, line };
}

/** What `<<` adds: the fields of a map, or of several. */
function mergedEntries(node: DocumentNode): readonly DocumentEntry[] {
  if (node.kind === 'map') return node.entries;
  if (node.kind === 'list') return node.items.flatMap(mergedEntries);
  throw new DocumentError('what << adds must be a map', node.line);
}

/** A part of a configuration file, as it is written: what a text means depends on the field that it is for. */
export type DocumentNode = DocumentScalar | DocumentList | DocumentMap;

interface DocumentScalar {
  readonly kind: 'scalar';
  readonly text: string;
  /** Whether it is without quotes: `true` is a boolean then, and `"true"` never is. */
  readonly isPlain: boolean;
  /** From 1. */
  readonly line: number;
}

interface DocumentList {
  readonly kind: 'list';
  readonly items: readonly DocumentNode[];
  readonly line: number;
}

interface DocumentMap {
  readonly kind: 'map';
  readonly entries: readonly DocumentEntry[];
  readonly line: number;
}

export interface DocumentEntry {
  readonly key: string;
  readonly value: DocumentNode;
  readonly line: number;
}

/** Reports what is wrong with a file, and where. Its message never contains a value: any of them can be a secret. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  /** From 1; undefined if it is not about a line. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** Whether a part is left empty: YAML's ways to write null. */
export function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.isPlain && ['', '~', 'null', 'Null', 'NULL'].includes(node.text);
}

/** Deepest nesting. A web configuration has three levels. */
export const deepest = 20;

/** Throws for a key that is there twice. */
export function checkKeyOnce(key: string, entries: readonly DocumentEntry[], line: number): void {
  if (entries.some((entry) => entry.key === key)) {
    throw new DocumentError(`the field ${JSON.stringify(key)} is there twice`, line);
  }
}

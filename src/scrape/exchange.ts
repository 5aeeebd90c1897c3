/** The request of a scrape, and the way back to its client: over Node's HTTP, or as a `Response`. */
export interface Exchange {
  readonly method: string | undefined;
  /** With the query; the part before it is not read. */
  readonly url: string | undefined;
  /** Whether the client has left, or all of the answer has been handed over. */
  readonly isOver: boolean;
  /** Whether the head of an answer has been handed over. */
  readonly isStarted: boolean;
  /** The value of a header, undefined where there is none. `name` is in lower case. */
  header(name: string): string | readonly string[] | undefined;
  /** Calls `listener` once: when the last byte was handed over, or the client has left. */
  onEnd(listener: () => void): void;
  /** Answers with one line of plain text. */
  refuse(status: number, text: string, headers?: HeaderFields): void;
  /**
   * Answers 200 with a body, or with its headers alone for HEAD. The next chunk is asked for when the client has read one
   * before it. Throws if the answer cannot begin.
   */
  send(headers: HeaderFields, chunks: Iterable<Uint8Array>): void;
  /** Ends the exchange at once, so that the client sees a broken answer. */
  cutOff(): void;
}

/** Headers of an answer, by name. */
export type HeaderFields = Readonly<Record<string, string>>;

/**
 * Longest header that is parsed, in characters; Prometheus's longest one has 400. A longer one counts as none: 15 kB of
 * `Accept`, which Node lets through, would take 8 ms.
 */
const longestHeader = 1024;

/** Results that are remembered: a scraper sends the same headers each time. */
const mostRemembered = 8;

/** A parser for a header, which parses the last few different ones only once. */
export function headerParser<Result>(
  parse: (header: string) => Result,
): (header: string | readonly string[] | undefined) => Result {
  const known = new Map<string, Result>();
  return (header = '') => {
    const given = String(header); // several of one name are joined by commas, as in one
    const text = given.length > longestHeader ? '' : given;
    const result = known.has(text) ? known.get(text)! : parse(text);
    if (!known.has(text)) {
      if (known.size >= mostRemembered) known.delete(known.keys().next().value!);
      known.set(text, result);
    }
    return result;
  };
}

import type { Exemplar } from '../core/snapshot.ts';

/** Most characters that the names and values of an exemplar's labels may have together (OpenMetrics 1.0). */
const maxCharacters = 128;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Whether an exemplar may be sent. One that may not would fail the whole scrape, so it is left out:
 * with too many characters, a name that is no label name, a timestamp that is none, or no label that could lead anywhere.
 */
export function isSendable(exemplar: Exemplar | undefined): exemplar is Exemplar {
  if (exemplar === undefined || !isTime(exemplar.timestamp)) return false;
  let characters = '';
  for (const name in exemplar.labels) {
    if (!labelName.test(name)) return false;
    characters += name + exemplar.labels[name]!;
  }
  if (characters === '') return false;
  // Characters of Unicode, not halves of surrogates: those are counted only where it matters.
  return characters.length <= maxCharacters || Array.from(characters).length <= maxCharacters;
}

/** Seconds since 1970 that every format can hold (the year 9999 is the last of protobuf's timestamps). */
export function isTime(seconds: number | undefined): seconds is number {
  return seconds !== undefined && seconds >= 0 && seconds < 253_402_300_800;
}

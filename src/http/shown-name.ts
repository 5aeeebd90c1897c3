/** A name in quotes, for a message. One that does not look like a name is not shown: it may be a secret in the wrong place. */
export function shownName(name: string): string {
  return /^[\w.@-]{1,64}$/.test(name) ? JSON.stringify(name) : '(not shown, as it is not a plain name)';
}

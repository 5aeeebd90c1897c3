/** A type of the user's service or of a framework's version, which the library passes through and never looks at. */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would refuse the user's own, narrower types as an argument
export type Opaque = any;

/** The version of this package. A test compares it with package.json, which no bundle has beside it. */
export const version = '0.1.0';

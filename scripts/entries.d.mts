export const entries: Readonly<Record<string, string>>;
export const parts: Readonly<Record<string, string>>;
export const commands: Readonly<Record<string, string>>;
export function resolution(names: readonly string[]): Readonly<Record<string, unknown>>;

export const entries: Readonly<Record<string, string>>;
export const commands: Readonly<Record<string, string>>;

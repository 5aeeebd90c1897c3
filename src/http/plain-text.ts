import type { ServerResponse } from 'node:http';

/** Headers of every answer in plain text. A page of another origin can neither read it nor take it for a script. */
export const plainTextHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** Answers with one line of plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(plainTextHeaders)) response.setHeader(name, value);
  response.end(`${text}\n`);
}

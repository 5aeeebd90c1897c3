import type { IncomingMessage, ServerResponse } from 'node:http';

export type HttpRequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

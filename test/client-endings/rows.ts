import type { Row } from './row.ts';
import { cancellations } from './rows/cancellations.ts';
import { connections } from './rows/connections.ts';
import { deadlines } from './rows/deadlines.ts';
import { messages } from './rows/messages.ts';
import { protocol } from './rows/protocol.ts';
import { refusals } from './rows/refusals.ts';
import { success } from './rows/success.ts';

/** Every way in which a client's call can end, for all frameworks. */
export const rows: readonly Row[] = [
  ...success,
  ...refusals,
  ...cancellations,
  ...deadlines,
  ...connections,
  ...messages,
  ...protocol,
];

import type { Row } from './row.ts';
import { cancellations } from './rows/cancellations.ts';
import { connections } from './rows/connections.ts';
import { deadlines } from './rows/deadlines.ts';
import { interceptors } from './rows/interceptors.ts';
import { messages } from './rows/messages.ts';
import { exceptions, refusals } from './rows/refusals.ts';
import { rejections } from './rows/rejections.ts';
import { success } from './rows/success.ts';
import { unknown } from './rows/unknown.ts';

/** Every way in which a call can end, for all frameworks. */
export const rows: readonly Row[] = [
  ...success,
  ...refusals,
  ...exceptions,
  ...rejections,
  ...cancellations,
  ...deadlines,
  ...connections,
  ...messages,
  ...interceptors,
  ...unknown,
];

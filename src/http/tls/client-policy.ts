import type { TLSSocket } from 'node:tls';
import { alternativeNames } from './alternative-names.ts';
import type { TlsSettings } from './tls-settings.ts';

/** Whether a client has the certificate that the settings ask for. Call it once for each connection, after its handshake. */
export function isAccepted(
  socket: TLSSocket,
  { clientAuth, allowedSans }: Pick<TlsSettings, 'clientAuth' | 'allowedSans'>,
): boolean {
  if (clientAuth === 'none') return true;
  const certificate = socket.getPeerX509Certificate();
  if (clientAuth === 'verify' && !socket.authorized) return false;
  if (clientAuth === 'verify-if-given' && certificate !== undefined && !socket.authorized) return false;
  if (certificate === undefined) return allowedSans === undefined && clientAuth !== 'any' && clientAuth !== 'verify';
  return allowedSans === undefined || alternativeNames(certificate).some((name) => allowedSans.includes(name));
}

import type { Fault } from './backends.ts';

/** More bytes than a client sends before its first call. */
const greetingBytes = 150;

/** Delays what the server sends. */
export function slow(): Fault {
  return { toClient: (bytes, client) => void setTimeout(() => client.write(bytes), 60) };
}

/** Drops what the server sends. */
export function silent(): Fault {
  return { toClient: () => {} };
}

export function none(): Fault {
  return {};
}

/** Resets the connection soon after a call has passed. */
export function resetWhenCalled(): Fault {
  let bytesSeen = 0;
  return {
    toServer: (bytes, server, client) => {
      bytesSeen += bytes.length;
      server.write(bytes);
      if (bytesSeen > greetingBytes) setTimeout(() => client.resetAndDestroy(), 30);
    },
  };
}

/** Drops all bytes once a call has passed, and keeps both connections open. */
export function muteWhenCalled(): Fault {
  let bytesSeen = 0;
  return {
    toServer: (bytes, server) => {
      if (bytesSeen <= greetingBytes) server.write(bytes);
      bytesSeen += bytes.length;
    },
    toClient: (bytes, client) => void (bytesSeen > greetingBytes || client.write(bytes)),
  };
}

/** A GOAWAY frame whose last processed stream is 0. Node's own server always names the last stream that it has seen. */
export const goaway: Buffer = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** The first connection goes away when a call comes, which then has not reached the server. */
export function firstGoesAway(): () => Fault {
  let opened = 0;
  return () => {
    opened += 1;
    if (opened > 1) return {};
    let bytesSeen = 0;
    return {
      toServer: (bytes, server, client) => {
        bytesSeen += bytes.length;
        if (bytesSeen > greetingBytes) client.write(goaway);
        else server.write(bytes);
      },
    };
  };
}

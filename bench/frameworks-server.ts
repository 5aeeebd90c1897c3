const pass = (bytes: Buffer): Buffer => bytes;

/** The service of all frameworks, as grpc-js defines one. Its messages are bytes. */
export const service = {
  Unary: {
    path: '/bench.v1.Bench/Unary',
    requestStream: false,
    responseStream: false,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  },
} as const;

/** What every handler answers. */
export const reply: Buffer = Buffer.alloc(100, 'x');

/** Tells the parent the port, then answers each of its messages with the CPU time since the last. The process ends with its parent. */
export function reportTo(parent: NodeJS.Process, port: number): void {
  parent.once('disconnect', () => parent.exit());
  let before = parent.cpuUsage();
  parent.on('message', () => {
    const { user, system } = parent.cpuUsage(before);
    before = parent.cpuUsage();
    parent.send!(user + system);
  });
  parent.send!(port);
}

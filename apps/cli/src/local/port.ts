import { createServer } from 'node:net';
import { AppError } from '@sotto/shop';

/**
 * Takes the port now, so that a port in use is told before minutes of preparation and nobody takes it meanwhile.
 * @returns gives it up, right before the gateway listens there
 * @throws AppError when somebody else listens
 */
export function reservePort(port: number, variable: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((settle, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
      fail(new AppError('CONFLICT', `Port ${port} ${reason}; free it or set ${variable} to another one.`));
    });
    server.listen(port, '127.0.0.1', () => settle(() => new Promise((closed) => server.close(() => closed()))));
  });
}

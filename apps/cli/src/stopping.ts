import { constants } from 'node:os';

interface Closable {
  close(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const closers = new Set<() => Promise<unknown>>();
let isListening = false;
let stopping = false;

/** Whether a signal ends this program: what fails from now on fails because of that. */
export function isStopping(): boolean {
  return stopping;
}

/**
 * Runs `close` when a signal ends this program, before what was registered earlier. Until something is registered a
 * signal ends the program at once, in the midst of a computation too.
 * @returns takes it back
 */
export function closeOnSignal(close: () => Promise<unknown>): () => void {
  if (!isListening) listen();
  closers.add(close);
  return () => closers.delete(close);
}

/** The same for what is only being opened: a signal meanwhile waits for it and closes it. */
export function keepClosable<Opened extends Closable>(opening: Promise<Opened>): Promise<Opened> {
  const release = closeOnSignal(() => opening.then((opened) => opened.close()));
  opening.catch(release);
  return opening;
}

function listen(): void {
  isListening = true;
  for (const signal of SIGNALS) process.on(signal, () => void stop(signal));
}

/**
 * Ends this program as SIGTERM does once the one that started it is gone without a word. For a program's own start
 * only: the channel to the parent may be somebody else's, as that of a test runner is.
 */
export function stopWithParent(): void {
  process.once('disconnect', () => void stop('SIGTERM'));
  process.channel?.unref(); // the channel alone keeps no command running
}

async function stop(signal: (typeof SIGNALS)[number]): Promise<void> {
  if (stopping) return; // a terminal's Ctrl-C comes twice: from the terminal and from bootstrap.mjs
  stopping = true;
  // A library's connection that is cut below, between two statements, must not end the program before the rest is closed.
  process.on('uncaughtException', () => undefined);
  for (const close of [...closers].reverse())
    await close().catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    });
  process.exit(128 + constants.signals[signal]);
}

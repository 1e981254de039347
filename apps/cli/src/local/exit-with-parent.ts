import { isMainThread } from 'node:worker_threads';

// Preloaded into gateway and worker: if `npm start` is killed without a chance to stop them, the channel to it breaks
// and they stop themselves, so that no process stays behind.
if (isMainThread && process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref(); // the channel alone keeps no program running
}

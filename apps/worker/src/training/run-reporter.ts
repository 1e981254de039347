import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Database,
  reportTraining,
  type TrainingPoint,
  type TrainingReport,
  type TrainingRunHandle,
} from '@sotto/database';
import type { Logger } from 'pino';
import { describeForLog } from '../failure.ts';

/**
 * Speaks for a run while it lasts: at every heartbeat it writes what the run said since the last one and learns whether
 * the run is to go on.
 */
export class RunReporter {
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  readonly #loop: Promise<void>;
  #outcome: 'running' | 'cancel-requested' | 'lost' = 'running';
  #progress = 0;
  #points: TrainingPoint[] = [];
  #lines: string[] = [];
  #lastMessage = '';
  #last: Promise<TrainingReport> | undefined;

  constructor(
    database: Database,
    run: TrainingRunHandle,
    options: { readonly heartbeatIntervalMs: number; readonly staleAfterMs: number },
    log: Logger,
  ) {
    this.#loop = this.#report(database, run, options, log);
  }

  /** Aborts when the run is to stop: cancelled, or lost to another worker. */
  get signal(): AbortSignal {
    return this.#abandon.signal;
  }

  get outcome(): 'running' | 'cancel-requested' | 'lost' {
    return this.#outcome;
  }

  onProgress(fraction: number, message: string): void {
    this.#progress = Math.max(this.#progress, Math.min(1, fraction));
    if (message === this.#lastMessage) return;
    this.#lastMessage = message;
    this.#lines.push(message);
  }

  onPoint(name: string, step: number, value: number): void {
    // A curve that left the numbers has no point to draw there.
    if (Number.isFinite(value)) this.#points.push({ name, step, value });
  }

  /** Ends the heartbeats. @returns what was not written yet, the same however often it is asked for */
  stop(): Promise<TrainingReport> {
    this.#stop.abort();
    this.#last ??= this.#loop.then(() => this.#take());
    return this.#last;
  }

  async #report(
    database: Database,
    run: TrainingRunHandle,
    { heartbeatIntervalMs, staleAfterMs }: { readonly heartbeatIntervalMs: number; readonly staleAfterMs: number },
    log: Logger,
  ): Promise<void> {
    let lastSuccess = performance.now();
    while (this.#outcome === 'running') {
      await sleep(heartbeatIntervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined); // stopped
      if (this.#stop.signal.aborted) return;
      const report = this.#take();
      try {
        this.#outcome = await reportTraining(database, run, report);
        lastSuccess = performance.now();
      } catch (error) {
        log.warn({ error: describeForLog(error) }, 'could not report');
        this.#points.unshift(...report.points);
        this.#lines.unshift(...report.lines);
        // By now another worker may have it; what this one would still do is in vain.
        if (performance.now() - lastSuccess > staleAfterMs) this.#outcome = 'lost';
      }
    }
    this.#abandon.abort(new Error(`the run is ${this.#outcome}`));
  }

  #take(): TrainingReport {
    const report = { progress: this.#progress, points: this.#points, lines: this.#lines };
    this.#points = [];
    this.#lines = [];
    return report;
  }
}

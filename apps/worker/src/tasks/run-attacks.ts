import { listNightlyAttacks, runAudit } from '@sotto/audit';
import { type Database, recordAttackReport, runAttacksJob } from '@sotto/database';
import type { Task } from 'graphile-worker';
import type { Logger } from 'pino';

export interface RunAttacksDeps {
  readonly database: Database;
  readonly log: Logger;
  /** Aborts when the worker is to stop: the queue gives the job to another. */
  readonly shutdown: AbortSignal;
}

/** Attacks what is promised and keeps the report. A broken promise is the job's result, not its failure: it is not tried again. */
export function createRunAttacksTask({ database, log, shutdown }: RunAttacksDeps): Task {
  return async (payload) => {
    runAttacksJob.payload.parse(payload);
    const findings = await runAudit({ attacks: listNightlyAttacks(database), size: 'quick', signal: shutdown });
    const { id, passed } = await recordAttackReport(database, findings);
    for (const { attack, target } of findings.filter((finding) => !finding.passed))
      log.error({ attackReportId: id, attack, target }, 'a privacy promise is broken');
    log.info({ attackReportId: id, passed }, 'attacked what is promised');
  };
}

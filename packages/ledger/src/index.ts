import type { Database, Transaction } from '@sotto/database';
import type {
  Allowance,
  AllowanceState,
  AskReleaseResult,
  LedgerEntry,
  LedgerFilter,
  LedgerVerification,
  PageRequest,
  PrivacyBudget,
  Queryable,
  Refusal,
  RefusedAsk,
  Release,
  ReleaseAnswer,
  ReleasePrice,
  ReleaseRequest,
  Reservation,
  ReserveResult,
} from './types.ts';

export * from './errors.ts';
export * from './policy.ts';
export * from './types.ts';

export declare function openCohorts(tx: Transaction, options: { through: Date }): Promise<void>;
export declare function listBudgets(
  database: Pick<Database, 'pool'>,
  options?: { cohorts?: readonly string[] },
): Promise<PrivacyBudget[]>;
export declare function resolveWindow(from: Queryable, now: Date): Promise<{ end: Date; cohorts: readonly string[] }>;
export declare function priceRelease(
  database: Pick<Database, 'pool'>,
  request: ReleaseRequest,
  now: Date,
): Promise<ReleasePrice>;
export declare function reserve(tx: Transaction, request: ReleaseRequest, now: Date): Promise<ReserveResult>;
export declare function startReservation(
  database: Pick<Database, 'pool'> | Transaction,
  id: string,
): Promise<Reservation>;
export declare function completeRelease(
  tx: Transaction,
  reservationId: string,
  answer: ReleaseAnswer,
  now: Date,
): Promise<Release>;
export declare function askRelease(
  database: Pick<Database, 'pool'>,
  request: ReleaseRequest,
  draw: (reservation: Reservation) => Promise<ReleaseAnswer>,
  now: () => Date,
): Promise<AskReleaseResult>;
export declare function findReservation(database: Pick<Database, 'pool'>, id: string): Promise<Reservation | undefined>;
export declare function findRelease(database: Pick<Database, 'pool'>, id: string): Promise<Release | undefined>;
/** Newest first; undefined when `after` names nothing. */
export declare function listReleases(
  database: Pick<Database, 'pool'>,
  page: PageRequest,
): Promise<{ releases: readonly Release[]; hasNextPage: boolean } | undefined>;
export declare function listEntries(
  database: Pick<Database, 'pool'>,
  page: PageRequest & { readonly filter?: LedgerFilter | undefined },
): Promise<{ entries: readonly LedgerEntry[]; hasNextPage: boolean } | undefined>;
export declare function findEntry(database: Pick<Database, 'pool'>, id: string): Promise<LedgerEntry | undefined>;
export declare function listAllowances(database: Pick<Database, 'pool'>, now: Date): Promise<AllowanceState[]>;
/** epsilon null takes the allowance back. */
export declare function setAllowance(
  database: Pick<Database, 'pool'>,
  allowance: Omit<Allowance, 'epsilon'> & { readonly epsilon: string | null },
): Promise<void>;
export declare function recordRefusal(database: Pick<Database, 'pool'>, refusal: Refusal, now: Date): Promise<void>;
export declare function listRefusals(
  database: Pick<Database, 'pool'>,
  options: { readonly first: number },
): Promise<RefusedAsk[]>;
export declare function verifyLedger(database: Pick<Database, 'pool'>): Promise<LedgerVerification>;

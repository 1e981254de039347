import type { Database } from '@sotto/database';
import type { DpEvent } from '@sotto/privacy';

/** What both a pool and a client inside a transaction can do. */
export type Queryable = Pick<Database['pool'], 'query'>;

/** What a release is for. Allowances are counted by it. */
export const BUDGET_PURPOSES = ['TRAINING', 'ANALYTICS', 'METRICS'] as const;
export type BudgetPurpose = (typeof BUDGET_PURPOSES)[number];

export type ReservationStatus = 'RESERVED' | 'STARTED' | 'RELEASED';

/** A release that somebody asks for. All of it is known before a customer's row is read. */
export interface ReleaseRequest {
  /** A kind of question, or STATISTIC, or COMPARISON. */
  readonly kind: string;
  /** Canonical: the same meaning is the same JSON. Must not hold epsilon. Part of the replay key. */
  readonly question: Readonly<Record<string, unknown>>;
  readonly purpose: BudgetPurpose;
  /** A role or an account of the staff, never a customer. */
  readonly askedBy: string;
  readonly event: DpEvent;
  /** Exact decimals with at most 12 places: what the release costs alone, at delta. */
  readonly epsilon: string;
  readonly delta: string;
  /** The mechanism in words, for the ledger's readers. */
  readonly mechanism: string;
  /** Standard deviation of the noise on one released value, in the value's units. */
  readonly noiseScale: number;
  /** Refuse rather than leave out a cohort that cannot pay. */
  readonly requireAllCohorts?: boolean;
  /** Never answered from a stored release, and never one with a twin: statistics, comparisons. */
  readonly isFresh?: boolean;
}

/** A priced release: charged, and drawn at most once. */
export interface Reservation {
  readonly id: string;
  readonly kind: string;
  readonly question: Readonly<Record<string, unknown>>;
  /** Rows received before this are in it. */
  readonly windowEnd: Date;
  /** The charged cohorts, ascending: only their accounts may be read. */
  readonly cohorts: readonly string[];
  /** Those of the window that could not pay. */
  readonly excludedCohorts: readonly string[];
  readonly event: DpEvent;
  readonly epsilon: string;
  readonly delta: string;
  readonly mechanism: string;
  readonly noiseScale: number;
  readonly purpose: BudgetPurpose;
  readonly askedBy: string;
  readonly status: ReservationStatus;
  readonly reservedAt: Date;
}

/** One released value with the interval of its noise. Suppressed: a key or value below its threshold. */
export interface ReleaseRow {
  readonly key: string;
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly isSuppressed: boolean;
}

export interface ReleaseAnswer {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly rows: readonly ReleaseRow[];
}

/** A stored noisy answer. Its id is the reservation's. */
export interface Release extends ReleaseAnswer {
  readonly id: string;
  readonly kind: string;
  readonly question: Readonly<Record<string, unknown>>;
  readonly windowEnd: Date;
  readonly epsilon: string;
  readonly delta: string;
  readonly mechanism: string;
  readonly noiseScale: number;
  readonly releasedAt: Date;
  readonly cohorts: readonly string[];
  readonly excludedCohorts: readonly string[];
  readonly askedBy: string;
  readonly purpose: BudgetPurpose;
  /** Whether this answer cost nothing, since it was stored before it was asked for. */
  readonly isReplay: boolean;
}

/** The budget of the accounts of one calendar month. Epsilons are exact decimals, what is spent rounded up. */
export interface PrivacyBudget {
  readonly cohort: string;
  readonly epsilonLimit: string;
  readonly epsilonSpent: string;
  readonly epsilonRemaining: string;
  readonly delta: string;
  /** Of the budget at the filter's order, 0..1: unlike epsilons, shares add up. */
  readonly lossShareSpent: number;
  /** The same by purpose, as decimals. */
  readonly spentByPurpose: Readonly<Record<BudgetPurpose, string>>;
  /** The Renyi order of the filter, fixed when the cohort opened. */
  readonly filterOrder: number;
  readonly entryCount: number;
  /** Hash of the chain's newest entry, in hex: publish it, and nobody can rewrite what is before it. */
  readonly headHash: string;
  readonly openedAt: Date;
}

export interface ReleasePrice {
  readonly epsilon: string;
  readonly delta: string;
  /** How often this can be asked until no cohort can pay (with requireAllCohorts: until one cannot). */
  readonly questionsLeft: number;
  /** Every cohort of the window as it would be left. */
  readonly cohorts: readonly PrivacyBudget[];
  /** Those that cannot pay. */
  readonly excludedCohorts: readonly string[];
  readonly wouldBeReplayed: boolean;
}

export interface BudgetExhausted {
  readonly kind: 'budget-exhausted';
  /** The window's cohorts as they are. */
  readonly cohorts: readonly PrivacyBudget[];
  readonly requestedEpsilon: string;
}

export interface AllowanceExceeded {
  readonly kind: 'allowance-exceeded';
  /** When the same could be asked again; with more asked than the whole allowance, when all of it is free. */
  readonly resetsAt: Date;
  readonly message: string;
}

export type ReserveResult =
  | { readonly kind: 'reserved'; readonly reservation: Reservation }
  | { readonly kind: 'replay'; readonly release: Release }
  /** The same question is being answered right now. */
  | { readonly kind: 'pending'; readonly reservationId: string }
  | BudgetExhausted
  | AllowanceExceeded;

export type AskReleaseResult =
  | { readonly kind: 'released'; readonly release: Release; readonly chargedEpsilon: string }
  | BudgetExhausted
  | AllowanceExceeded;

/** One charge of one cohort. */
export interface LedgerEntry {
  readonly id: string;
  readonly at: Date;
  readonly cohort: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly purpose: BudgetPurpose;
  readonly askedBy: string;
  readonly kind: string;
  readonly question: Readonly<Record<string, unknown>>;
  readonly mechanism: string;
  readonly event: DpEvent;
  /** The rise of cumulativeEpsilon that this entry caused: depends on the order, does not add up with other chains. */
  readonly epsilon: string;
  readonly cumulativeEpsilon: string;
  /** Null until the answer is stored. */
  readonly releaseId: string | null;
  readonly reservationId: string;
  /** SHA-256, in hex. */
  readonly hash: string;
  readonly previousHash: string;
}

export interface LedgerFilter {
  readonly cohort?: string | undefined;
  readonly purpose?: BudgetPurpose | undefined;
  readonly askedBy?: string | undefined;
  /** Half-open: since <= at < until. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

export interface PageRequest {
  /** 1..1,000 */
  readonly first: number;
  /** Id of the last row of the page before. */
  readonly after?: string | undefined;
}

export interface Allowance {
  /** `*`: everybody who has none of their own, each counted alone. */
  readonly askedBy: string;
  readonly purpose: BudgetPurpose;
  /** Sum of the epsilons that may be asked within the window, an exact decimal. */
  readonly epsilon: string;
  readonly windowDays: number;
}

/** An allowance as it stands for one analyst (or, for `*`, as it is set). */
export interface AllowanceState extends Allowance {
  readonly spent: string;
  /** When the oldest part of what is spent is free again; null while nothing is spent. */
  readonly resetsAt: Date | null;
  /** Whether it comes from the one for everybody. */
  readonly isDefault: boolean;
}

export interface Refusal {
  readonly askedBy: string;
  readonly purpose?: BudgetPurpose | undefined;
  /** BUDGET_EXHAUSTED, ALLOWANCE_EXCEEDED, or what the caller's error carries. */
  readonly code: string;
  readonly parameter?: string | undefined;
  readonly question?: Readonly<Record<string, unknown>> | undefined;
}

export interface RefusedAsk {
  readonly id: string;
  readonly at: Date;
  readonly askedBy: string;
  readonly purpose: BudgetPurpose | null;
  readonly code: string;
  readonly parameter: string | null;
  readonly question: Readonly<Record<string, unknown>> | null;
}

export interface LedgerVerification {
  /** How many entries the ledger holds. */
  readonly entries: number;
  readonly valid: boolean;
  /** The first thing that is not as it was written; cohort and sequence are null where no entry can be named. */
  readonly firstBroken: {
    readonly cohort: string | null;
    readonly sequence: number | null;
    readonly what: string;
  } | null;
}

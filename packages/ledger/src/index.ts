export { listAllowances, setAllowance } from './allowances.ts';
export { askRelease } from './ask.ts';
export { listBudgets, openCohorts } from './cohorts.ts';
export { findEntry, listEntries } from './entries.ts';
export { LedgerError, type LedgerErrorCode } from './errors.ts';
export { type BudgetPolicy, budgetPolicy } from './policy.ts';
export { priceRelease } from './price.ts';
export { listRefusals, recordRefusal } from './refusals.ts';
export { completeRelease, findRelease, listReleases } from './releases.ts';
export { findReservation, startReservation } from './reservations.ts';
export { reserve } from './reserve.ts';
export type {
  Allowance,
  AllowanceExceeded,
  AllowanceState,
  AskReleaseResult,
  BudgetExhausted,
  BudgetPurpose,
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
  ReleaseRow,
  Reservation,
  ReservationStatus,
  ReserveResult,
} from './types.ts';
export { BUDGET_PURPOSES } from './types.ts';
export { verifyLedger } from './verify.ts';
export { type ReleaseWindow, resolveWindow } from './window.ts';

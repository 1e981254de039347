import type { Database } from '@sotto/database';
import type { Release, ReleaseRow } from '@sotto/ledger';
import type { QuestionKind } from '@sotto/questions';

/** The true value of a released row, in the release's units. */
export interface Truth {
  /** Of all consenting accounts' rows, without bounds. */
  readonly exact: number;
  /** After the bounds: what the noise was added to. The mean over the choices where bounds choose keys at random. */
  readonly bounded: number;
}

/** True values by key: of every key that any account is in, which may be more than were released. */
export type Truths = ReadonlyMap<string, Truth>;

/** What a question's expected error is measured in. */
export type ErrorScale = 'value' | 'rank' | 'axis';

/** A question as an analyst asks it, with the way to its true answer, which only this command's operator sees. */
export interface AnalystQuestion {
  readonly name: string;
  readonly title: string;
  /** In words. */
  readonly asks: string;
  readonly kind: QuestionKind;
  readonly spec: Readonly<Record<string, unknown>>;
  /** In words. */
  readonly bounds: string;
  /** What the bounds do to the answer, in one line. */
  readonly bias: string;
  readonly errorScale: ErrorScale;
  /** What a row is: the heading of the labels. */
  readonly heading: string;
  labelRow(row: ReleaseRow, release: Release): string;
  measureTruths(pool: Database['pool'], release: Release): Promise<Truths>;
  /** What else can be said of the answer beside the truth. */
  describeQuality?(pool: Database['pool'], release: Release, truths: Truths): Promise<string>;
}

/** What a question may be made from: the public catalogue and earlier answers, never rows. */
export interface QuestionContext {
  /** By SKU. */
  readonly titles: ReadonlyMap<string, string>;
  /** By name of the question. */
  readonly releases: ReadonlyMap<string, Release>;
}

export type MakeQuestion = (context: QuestionContext) => AnalystQuestion;

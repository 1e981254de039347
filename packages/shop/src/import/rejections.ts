import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { formatCsv } from './csv.ts';
import type { Origin, Rejection } from './row.ts';
import { badFile } from './source.ts';

export interface RejectionCount {
  readonly reason: string;
  readonly count: number;
  /** Where one of them stands and the value at fault, never a customer. */
  readonly example: string;
}

const MAX_SHOWN_LENGTH = 80;
/** Reasons may quote names that a file made up, without end. */
const MAX_REASONS = 200;
const OTHER_REASONS = 'other reasons';
const BUFFER_LENGTH = 65_536;

/** Counts rejected rows by reason, with the first of each as its example, and writes them all to a file if asked. */
export class Rejections {
  readonly #byReason = new Map<string, { count: number; place: string; example: string }>();
  readonly #file: RejectedFile | undefined;

  constructor(file?: RejectedFile) {
    this.#file = file;
  }

  /** True when rows must be kept as they were read. */
  get keepsRows(): boolean {
    return this.#file !== undefined;
  }

  add(origin: Origin, { reason, column, value }: Omit<Rejection, 'kind'>): Promise<void> | undefined {
    const counted = this.#byReason.size < MAX_REASONS ? reason : OTHER_REASONS;
    const known = this.#byReason.get(reason) ?? this.#byReason.get(counted);
    if (known) known.count++;
    else {
      const place = `${origin.file} line ${origin.line}: ${column}`;
      const example = value === undefined ? place : `${place} ${JSON.stringify(value.slice(0, MAX_SHOWN_LENGTH))}`;
      this.#byReason.set(counted, { count: 1, place, example });
    }
    return this.#file?.add([origin.file, String(origin.line), reason, column, rowText(origin)]);
  }

  /** Most frequent first. */
  list(): RejectionCount[] {
    const list = [...this.#byReason].map(([reason, { count, example }]) => ({ reason, count, example }));
    return list.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }

  /** One sentence a reason, without counts and values: for eyes other than the operator's. */
  describe(): string[] {
    return [...this.#byReason].map(([reason, { place }]) => `${reason} (first at ${place})`);
  }

  /** Puts the last rows on disk. */
  async flush(): Promise<void> {
    await this.#file?.flush();
  }

  get total(): number {
    return [...this.#byReason.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

/** A row as it was read: of JSON the document itself, else CSV. */
export function rowText({ cells }: Pick<Origin, 'cells'>): string {
  return cells.length === 1 ? cells[0]! : formatCsv(cells);
}

/**
 * CSV of all rejected rows, for the operator to repair: columns file, line, reason, column, row. It holds what the
 * source held, customers too, so only its owner may read it. It appears whole, at the end, or not at all.
 */
export class RejectedFile {
  readonly #path: string;
  readonly #partPath: string;
  readonly #handle: FileHandle;
  #buffer = 'file,line,reason,column,row\n';

  private constructor(path: string, partPath: string, handle: FileHandle) {
    this.#path = path;
    this.#partPath = partPath;
    this.#handle = handle;
  }

  /** @throws AppError BAD_INPUT when it cannot be written there */
  static async open(path: string): Promise<RejectedFile> {
    const partPath = `${path}.part`;
    const handle = await open(partPath, 'w', 0o600).catch((cause) => {
      throw badFile(path, `cannot be written (${cause.code})`, cause);
    });
    return new RejectedFile(path, partPath, handle);
  }

  add(cells: readonly string[]): Promise<void> | undefined {
    this.#buffer += `${formatCsv(cells)}\n`;
    return this.#buffer.length < BUFFER_LENGTH ? undefined : this.flush();
  }

  /** Shows the file under its name; call `flush` before, while a failure can still undo the import. */
  async finish(): Promise<void> {
    await this.#handle.close();
    await rename(this.#partPath, this.#path);
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#partPath, { force: true });
  }

  async flush(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = '';
    await this.#handle.writeFile(text);
  }
}

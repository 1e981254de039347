import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors.ts';

/** Bytes of a file on disk, as they are read: what a progress bar shows. */
export type OnBytes = (count: number) => void;

export interface SourceFile {
  readonly path: string;
  /** Short name for messages. */
  readonly name: string;
  /** On disk, so compressed for gz. */
  readonly bytes: number;
  readonly isCompressed: boolean;
}

const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Looks at a file before it is read.
 * @throws AppError BAD_INPUT when it is missing, a folder, unreadable or empty
 */
export async function findSource(path: string): Promise<SourceFile> {
  const name = basename(path);
  const info = await stat(path).catch((cause) => {
    throw badFile(path, cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code})`, cause);
  });
  if (info.isDirectory()) throw badFile(path, 'is a folder, a file is needed');
  if (info.size === 0) throw badFile(path, 'is empty');
  const handle = await open(path).catch((cause) => {
    throw badFile(path, `cannot be read (${cause.code})`, cause);
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const isCompressed = buffer[0] === GZIP_MAGIC[0] && buffer[1] === GZIP_MAGIC[1];
    return { path, name, bytes: info.size, isCompressed };
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file, unpacked when it is gz, as UTF-8 in pieces that end between characters.
 * @throws AppError BAD_INPUT for a cut or broken gz and for text that is not UTF-8, with line and column
 */
export async function* readUtf8(file: SourceFile, onBytes: OnBytes): AsyncGenerator<Buffer> {
  const position = { line: 1, column: 1 };
  let carried: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of readBytes(file, onBytes)) {
    let bytes = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk;
    if (isFirst && bytes.length >= 3) {
      refuseUtf16(file, bytes);
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      isFirst = false;
    }
    const end = findCharacterEnd(bytes);
    const text = bytes.subarray(0, end);
    carried = bytes.subarray(end);
    if (!isUtf8(text) || text.includes(0)) throw describeBadText(file, text, position);
    advance(position, text);
    if (text.length > 0) yield text;
  }
  if (carried.length > 0) throw describeBadText(file, carried, position);
}

async function* readBytes(file: SourceFile, onBytes: OnBytes): AsyncGenerator<Buffer> {
  const stream = createReadStream(file.path, { highWaterMark: 256 * 1024 });
  stream.on('data', (chunk) => onBytes(chunk.length));
  if (!file.isCompressed) {
    yield* stream;
    return;
  }
  const unzipped = createGunzip({ chunkSize: 256 * 1024 });
  stream.on('error', (error) => unzipped.destroy(error));
  try {
    yield* stream.pipe(unzipped);
  } catch (error) {
    throw describeGzipFailure(file, error);
  } finally {
    stream.destroy();
  }
}

function describeGzipFailure(file: SourceFile, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR')
    return badFile(file.name, 'ends in the middle of its compressed data: was a download cut short?', error);
  if (code === 'Z_DATA_ERROR') return badFile(file.name, 'holds broken gz data', error);
  return error;
}

function refuseUtf16(file: SourceFile, bytes: Buffer): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw badFile(`${file.name}, line 1, column 1`, 'is UTF-16 text; save it as UTF-8');
}

/** Where the last whole character ends: a piece may stop within one of up to four bytes. */
function findCharacterEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function advance(position: { line: number; column: number }, text: Buffer): void {
  let lastBreak = -1;
  for (let i = text.indexOf(0x0a); i >= 0; i = text.indexOf(0x0a, i + 1)) {
    position.line++;
    lastBreak = i;
  }
  if (lastBreak >= 0) position.column = 1;
  position.column += text.subarray(lastBreak + 1).toString('utf8').length;
}

function describeBadText(file: SourceFile, text: Buffer, start: { line: number; column: number }): AppError {
  const nul = text.indexOf(0);
  // The longest start that is valid, by halving: a character cut off at the end of a start is not held against it.
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const valid = text.subarray(0, middle);
    if (isUtf8(valid.subarray(0, findCharacterEnd(valid)))) low = middle;
    else high = middle - 1;
  }
  const isNulFirst = nul >= 0 && nul <= low;
  const before = text.subarray(0, isNulFirst ? nul : low);
  const position = { ...start };
  advance(position, before.subarray(0, findCharacterEnd(before)));
  const what = isNulFirst ? 'a zero byte: is it UTF-16, or not text?' : 'bytes that are not UTF-8; save it as UTF-8';
  return badFile(`${file.name}, line ${position.line}, column ${position.column}`, what);
}

export function badFile(where: string, what: string, cause?: unknown): AppError {
  return new AppError('BAD_INPUT', `${where}: ${what}`, { cause });
}

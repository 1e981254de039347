import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { badFile, findSource, type SourceFile } from './source.ts';

/**
 * The first of some files that a folder has, plain or gz.
 * @throws AppError BAD_INPUT when the folder is none, or has none of them
 */
export async function findFile(folder: string, names: readonly string[]): Promise<SourceFile> {
  const found = await findOptionalFile(folder, names);
  if (!found) throw badFile(folder, `has no ${names.map((name) => `${name}, ${name}.gz`).join(', ')}`);
  return found;
}

/** The same, undefined when the folder has none of them. */
export async function findOptionalFile(folder: string, names: readonly string[]): Promise<SourceFile | undefined> {
  if (!(await isFolder(folder))) throw badFile(folder, 'is a file, a folder is needed');
  for (const name of names.flatMap((plain) => [plain, `${plain}.gz`])) {
    const path = join(folder, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return await findSource(path);
  }
  return undefined;
}

/** @throws AppError BAD_INPUT when there is nothing of that name */
export async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch((cause) => {
    throw badFile(path, cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code})`, cause);
  });
  return info.isDirectory();
}

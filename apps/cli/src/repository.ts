import { resolve } from 'node:path';

/** The repository's root, from src and from dist alike. */
export const root = resolve(import.meta.dirname, '../../..');

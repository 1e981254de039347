import { AppError } from '@sotto/shop';
import type { Dataset } from './dataset.ts';
export async function openOnlineRetail(path: string): Promise<Dataset> {
  throw new AppError('UNAVAILABLE', path);
}

import { expect, it } from 'vitest';
import { useDatabase } from './testing/index.ts';

const database = useDatabase();

it('holds at most one active model version, by the database itself', async () => {
  const { prisma } = database.current;
  const version = () => ({
    id: crypto.randomUUID(),
    algorithm: 'popularity',
    status: 'ACTIVE' as const,
    hyperparameters: {},
    privacyLevel: 'NONE' as const,
    requestedBy: 'test',
  });
  await prisma.modelVersion.create({ data: version() });
  await expect(prisma.modelVersion.create({ data: version() })).rejects.toThrow(/Unique constraint/);
});

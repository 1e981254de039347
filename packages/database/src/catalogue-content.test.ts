import { expect, it } from 'vitest';
import { readCatalogueContent } from './catalogue-content.ts';
import { useDatabase } from './testing/index.ts';

const database = useDatabase();

it('reads what the catalogue says of products that are not deleted', async () => {
  const { prisma } = database.current;
  await prisma.product.create({ data: { sku: 'gone', title: 'gone', deletedAt: new Date() } });
  const hidden = { sku: 'pot', title: 'A pot', brand: 'Kettle', categories: ['Kitchen', 'Tea'], price: '12.5' };
  await prisma.product.create({ data: { ...hidden, isHidden: true } });
  await prisma.product.create({ data: { sku: 'cup', title: 'A cup' } });
  expect(await readCatalogueContent(database.current)).toEqual([
    { id: expect.any(Number), title: 'A pot', brand: 'Kettle', categories: ['Kitchen', 'Tea'], price: 12.5 },
    { id: expect.any(Number), title: 'A cup', brand: null, categories: [], price: null },
  ]);
});

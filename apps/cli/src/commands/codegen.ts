import { regenerate } from '../checks/generated.ts';

/** `npm run codegen`: writes the generated files that are committed. The Prisma client is bootstrap.mjs's. */
export async function run(): Promise<number> {
  await regenerate();
  process.stderr.write('The kernels and schema.graphql are generated.\n');
  return 0;
}

/** One module of src/commands. */
export interface CommandModule {
  /** @returns the process's exit code */
  run(args: string[]): Promise<number>;
}

export interface Command {
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** Loaded one at a time: `check` must run where, say, the recommender does not compile. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  start: { summary: 'run the local stack', load: () => import('./commands/start.ts') },
  test: { summary: 'every check, then every test', load: () => import('./commands/test.ts') },
  check: {
    summary: 'format, lint, types, boundaries, generated files up to date',
    load: () => import('./commands/check.ts'),
  },
  schedule: { summary: 'when the worker trains again by itself', load: () => import('./commands/schedule.ts') },
  import: { summary: 'load products and interactions from files', load: () => import('./commands/import.ts') },
  seed: { summary: 'fill an empty database with the demo shop', load: () => import('./commands/seed.ts') },
  ledger: { summary: 'what the privacy budgets went to; verify it', load: () => import('./commands/ledger.ts') },
  answers: {
    summary: 'ask a known shop, answers beside the truth',
    load: () => import('./commands/answers.ts'),
  },
  evaluate: { summary: 'measure models offline', load: () => import('./commands/evaluate.ts') },
  advise: {
    summary: 'tell which epsilon buys what in a shop of so many customers',
    load: () => import('./commands/advise.ts'),
  },
  bench: {
    summary: 'measure speed: als, topk, private, private-als, gateway, ingest, ledger, all',
    load: () => import('./commands/bench.ts'),
  },
  attack: {
    summary: 'attack what is promised: noise, budgets, memberships',
    load: () => import('./commands/attack.ts'),
  },
  build: { summary: 'compile everything', load: () => import('./commands/build.ts') },
  codegen: { summary: 'write the generated files that are committed', load: () => import('./commands/codegen.ts') },
  migrate: { summary: 'apply every migration', load: () => import('./commands/migrate.ts') },
  init: { summary: 'generate the secrets of a compose stack', load: () => import('./commands/init.ts') },
  provision: { summary: 'prepare the database of a compose stack', load: () => import('./commands/provision.ts') },
  migration: { summary: 'write the migration that schema.prisma needs', load: () => import('./commands/migration.ts') },
};

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, IMPORT_FORMATS, type ImportFormat, parsePurposes } from '@sotto/shop';

export interface ImportCommand {
  readonly format: ImportFormat;
  readonly path: string;
  readonly isReplacing: boolean;
  readonly isJson: boolean;
  readonly rejectedPath?: string;
  readonly consentMask?: number;
}

export const IMPORT_USAGE = `npm run import -- <format> <path> [--replace] [--rejected file.csv] [--consent purposes] [--json]
  format      ${[...IMPORT_FORMATS.keys()].join(', ')}
  --replace   empty the shop first; needed to load another format over what is there
  --rejected  write every rejected row there, with its reason
  --consent   what new customers grant: personalization, training, analytics (with commas), all or none
  --json      print the result as JSON`;

/** @throws AppError that says what is wrong and how it is used */
export function parseImportArguments(args: readonly string[]): ImportCommand {
  const { values, positionals } = parseOrExplain(args);
  const [name = '', path, ...more] = positionals;
  const format = IMPORT_FORMATS.get(name);
  if (!format) throw misused(name ? `There is no format ${name}.` : 'A format and a path are needed.');
  if (path === undefined) throw misused('A path is needed.');
  if (more.length > 0) throw misused(`One path is enough, not also ${more.join(' ')}.`);
  const consentMask = values.consent === undefined ? undefined : parsePurposes(values.consent);
  if (Number.isNaN(consentMask)) throw misused(`--consent ${values.consent} names a purpose that there is not.`);
  return {
    format,
    path: resolve(path),
    isReplacing: values.replace === true,
    isJson: values.json === true,
    ...(values.rejected === undefined ? {} : { rejectedPath: resolve(values.rejected) }),
    ...(consentMask === undefined ? {} : { consentMask }),
  };
}

function parseOrExplain(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replace: { type: 'boolean' },
        json: { type: 'boolean' },
        rejected: { type: 'string' },
        consent: { type: 'string' },
      },
    });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

function misused(what: string): AppError {
  return new AppError('BAD_INPUT', `${what}\n\n${IMPORT_USAGE}`);
}

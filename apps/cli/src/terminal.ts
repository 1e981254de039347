/** Tells how far a step is. @param fraction 0..1, where it is known */
export type ReportProgress = (text: string, fraction?: number) => void;

export interface Terminal {
  /** Runs one step of the preparation in sight of the user; its result may say more in `detail`. */
  step<T>(name: string, run: (report: ReportProgress) => Promise<T>, detail?: (result: T) => string): Promise<T>;
  line(text: string): void;
}

const BAR_WIDTH = 24;
/** Without a terminal that can overwrite a line, one is written for each tenth. */
const PLAIN_STEPS = 10;

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const isLive = stream.isTTY === true;
  const clear = isLive ? '\r\x1b[K' : '';
  return {
    line: (text) => void stream.write(`${clear}${text}\n`),
    async step(name, run, detail) {
      const startedAt = performance.now();
      stream.write(isLive ? `… ${name}` : `… ${name}\n`);
      let told = 0;
      const report: ReportProgress = (text, fraction) => {
        if (isLive) {
          const shown = `… ${name}  ${fraction === undefined ? '' : `${drawBar(fraction)} `}${text}`;
          stream.write(`${clear}${shown.slice(0, (stream.columns ?? 80) - 1)}`);
        } else if (fraction !== undefined && Math.floor(fraction * PLAIN_STEPS) > told) {
          told = Math.floor(fraction * PLAIN_STEPS);
          stream.write(`    ${Math.round(fraction * 100)} % ${text}\n`);
        }
      };
      const result = await run(report).catch((error: unknown) => {
        stream.write(`${clear}✗ ${name}\n`);
        throw error;
      });
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const more = detail?.(result);
      stream.write(`${clear}✓ ${name}${more ? `: ${more}` : ''} (${seconds} s)\n`);
      return result;
    },
  };
}

/** @param fraction 0..1 */
export function drawBar(fraction: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${String(Math.round(fraction * 100)).padStart(3)} %`;
}

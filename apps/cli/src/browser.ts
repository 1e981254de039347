import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ADVICE =
  'The browser tests need Chromium: install it (Debian: apt-get install chromium) or set CHROME_PATH to a Chrome that is there.';

/** Nothing that it does by itself reaches the network; --no-sandbox since a container's root has no user namespaces. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A Chromium that is there: CHROME_PATH, one of the PATH, Playwright's own. */
export function findBrowser(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    process.env['CHROME_PATH'] ?? '',
    ...PROGRAMS.flatMap((name) => onPath.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ];
  return candidates.find((path) => path !== '' && isExecutable(path));
}

/** On Debian as root, which is what a bare runner is, a missing Chromium is installed. */
export function installBrowser(): void {
  if (findBrowser() || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  process.stderr.write('Installing Chromium for the browser tests …\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
}

/** @throws Error that says what to install */
export async function launchBrowser() {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error(ADVICE);
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not a program
  }
}

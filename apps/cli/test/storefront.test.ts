import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findFreePort, generateApiKey, storeApiKey } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { requestTraining } from '@sotto/training';
import { deriveShopKeys } from '@sotto/vault';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../src/browser.ts';
import { seedDemoShop } from '../src/demo/seed.ts';
import { followTraining } from '../src/local/first-model.ts';
import { generateSecrets } from '../src/local/secrets.ts';
import type { Service } from '../src/local/service.ts';
import { startGateway, startWorker } from '../src/local/services.ts';
import { root } from '../src/repository.ts';

const database = useDatabase();
const logs = mkdtempSync(join(tmpdir(), 'sotto-storefront-'));
const services: Service[] = [];
const never = new AbortController().signal;
let browser: Browser;
let address: URL;

beforeAll(async () => {
  const secrets = generateSecrets();
  const key = generateApiKey('PUBLISHABLE');
  const keys = deriveShopKeys(secrets.masterKey);
  await storeApiKey(database.current, key);
  await seedDemoShop(database.current, keys, {
    customers: 400,
    products: 120,
    until: new Date(),
  });
  const context = { databaseUrl: database.url, logs, onReport: () => undefined };
  services.push(await startWorker(context, never));
  const request = { algorithm: 'item-cosine', withoutPrivacy: true, requestedBy: 'test', shouldActivate: true };
  const requested = await requestTraining(database.current, request, new Date());
  if (requested.kind !== 'requested') throw new Error(requested.kind);
  await followTraining(database.current, requested.version.id, () => undefined, never);
  const port = await findFreePort();
  services.push(await startGateway({ ...context, port, secrets }, never));
  address = pathToFileURL(join(root, 'examples/storefront/index.html'));
  address.search = String(new URLSearchParams({ url: `http://127.0.0.1:${port}/graphql`, key }));
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  for (const service of services) await service.stop();
  rmSync(logs, { recursive: true, force: true });
});

it('shows other recommendations, and why, after a click', { timeout: 60_000 }, async () => {
  const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.message));
  await page.goto(address.href);
  await page.waitForSelector('#recommendations li');
  expect(await page.textContent('#basis')).toMatch(/^Not personal/);
  const before = await listSkus(page);

  await page.click('#consent-yes');
  await page.waitForSelector('#consent', { state: 'hidden' });
  const looked = await page.getAttribute('#products li article', 'data-sku');
  const title = await page.textContent('#products li h3');
  await page.click('#products li button');
  await page.waitForFunction(() => document.querySelector('#basis')?.textContent?.startsWith('Chosen from'));
  const after = await listSkus(page);
  expect(after).not.toEqual(before);
  expect(await page.textContent('#done')).toContain(title);
  expect((await page.textContent('#recommendations')) ?? '').toContain(title);
  const { rows } = await database.current.pool.query(
    'SELECT type, channel, p.sku FROM interaction i JOIN product p ON p.id = i.product_id ORDER BY received_at DESC LIMIT 1',
  );
  expect(rows).toEqual([{ type: 'VIEW', channel: 'WEB', sku: looked }]);

  if (process.env['SOTTO_SCREENSHOTS']) {
    await page.evaluate(() => window.scrollTo(0, 0));
    mkdirSync(join(root, 'docs'), { recursive: true });
    await page.screenshot({ path: join(root, 'docs', 'storefront.png') });
  }
  await page.reload();
  await page.waitForSelector('#recommendations li');
  expect(await page.isVisible('#consent'), 'asked once').toBe(false);
  expect(await page.textContent('#basis'), 'the same visitor').toMatch(/^Chosen from/);
  expect(failures).toEqual([]);
  await page.close();
});

it('can be used by everybody', { timeout: 60_000 }, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme });
    await page.goto(address.href);
    await page.waitForSelector('#recommendations li');
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.close();
  }
});

it('asks for the gateway and the key where it is not told', { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(root, 'examples/storefront/index.html')).href);
  await page.fill('input[name=url]', address.searchParams.get('url')!);
  await page.fill('input[name=key]', address.searchParams.get('key')!);
  await page.click('button[type=submit]');
  await page.waitForSelector('#products li');
  await page.close();
});

it('says what the gateway says when the key is wrong', { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  const wrong = new URL(address);
  wrong.searchParams.set('key', generateApiKey('PUBLISHABLE'));
  await page.goto(wrong.href);
  await page.waitForSelector('#problem:not([hidden])');
  expect(await page.textContent('#problem')).toMatch(/key/i);
  await page.close();
});

function listSkus(page: Page): Promise<(string | undefined)[]> {
  return page.$$eval('#recommendations article', (cards) => cards.map((card) => (card as HTMLElement).dataset['sku']));
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}

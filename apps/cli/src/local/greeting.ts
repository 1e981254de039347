import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Database } from '@sotto/database';
import { pseudonymOf, type ShopKeys } from '@sotto/vault';
import { SignJWT } from 'jose';
import { root } from '../repository.ts';
import type { Credentials } from './credentials.ts';
import { describePrivacy } from './describe-privacy.ts';

const TOKEN_LIFETIME = '12h';
/** The demo shop's customers are named so (apps/cli/src/demo). */
const DEMO_CANDIDATES = Array.from({ length: 40 }, (_, index) => `demo-${String(index).padStart(5, '0')}`);
const PERSONALIZATION_BIT = 1;
/** Interactions: enough to be known by, few enough that one more shows. */
const SMALL_HISTORY = 10;

const PRODUCTS = '{ products(first: 3) { edges { node { sku title price currency } } } }';
const RECOMMENDATIONS =
  '{ recommendations(placement: "home", first: 4) { basis { level because } edges { node { sku title } reason { text } } } }';

/** Small, so that a curious reader can paste it: the same question again that day costs nothing more. */
const QUESTION =
  'mutation { askQuestion(question: { kind: COUNT, spec: { measure: "CUSTOMERS" }, epsilon: "0.1" }) { ... on Release { rows { value lower upper } epsilon isReplay } ... on Error { code message } } }';

/** What is printed when everything answers. */
export async function composeGreeting(
  database: Database,
  keys: ShopKeys,
  credentials: Credentials,
  dataDir: string,
): Promise<string> {
  const customer = await findDemoCustomer(database, keys);
  const person = customer
    ? `authorization: Bearer ${await signCustomerToken(customer.externalId, credentials.customerTokenSecret)}`
    : `x-sotto-visitor: ${randomBytes(16).toString('hex')}`;
  const sku = await findSku(database, customer?.id);
  const privacy = await describePrivacy(database);
  const compose = (query: string, headers: readonly string[]) =>
    [
      `curl -s ${credentials.gatewayUrl} -H 'content-type: application/json'`,
      ...headers.map((header) => `-H ${header}`),
      `-d ${quote(JSON.stringify({ query }))}; echo`,
    ].join(' \\\n  ');
  const request = (query: string, headers: readonly string[] = []) =>
    compose(query, [`x-sotto-key: ${credentials.publishableKey}`, ...headers].map(quote));
  const file = join(resolve(dataDir), 'credentials.json');
  // The secret key opens everything, so it stays in its file and does not stand in a terminal.
  const secretHeader = `"x-sotto-key: $(node -p 'require(process.argv[1]).secretKey' ${quote(file)})"`;
  const storefront = new URL(pathToFileURL(join(root, 'examples', 'storefront', 'index.html')));
  storefront.search = String(new URLSearchParams({ url: credentials.gatewayUrl, key: credentials.publishableKey }));
  // A visitor has not been asked yet; a customer without consent is not among those chosen.
  const consent = customer
    ? ''
    : 'updateConsent(input: { purpose: PERSONALIZATION, isGranted: true }) { consents { purpose isGranted } } ';
  const record = `mutation { ${consent}recordEvents(events: [{ eventId: "${randomBytes(8).toString('hex')}", type: PURCHASE, sku: "${sku}" }]) { accepted duplicates rejected { code message } } }`;
  return `
Sotto is ready

  GraphQL      ${credentials.gatewayUrl}
  Storefront   ${storefront.href}${privacy ? `\n  Model        ${privacy}` : ''}
  Credentials  ${join(dataDir, 'credentials.json')}
  Logs         ${join(dataDir, 'logs')}

1. The catalogue

${request(PRODUCTS)}

2. What ${customer ? `the customer ${customer.externalId}` : 'a visitor'} is recommended, and why

${request(RECOMMENDATIONS, [person])}

3. ${customer ? 'The same customer' : 'The visitor'} buys something: ask 2 again afterwards, the answer has changed

${request(record, [person])}

4. What an analyst may know: how many customers there are, within noise that the budget pays for. Again it costs nothing

${compose(QUESTION, [secretHeader])}

Ctrl-C stops everything.
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function signCustomerToken(externalId: string, secret: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(externalId)
    .setAudience('sotto')
    .setIssuedAt()
    .setExpirationTime(TOKEN_LIFETIME)
    .sign(new TextEncoder().encode(secret));
}

/** Among the first customers of the demo shop, if it is one, one who may be personalized and has done little yet. */
async function findDemoCustomer(
  { pool }: Database,
  keys: ShopKeys,
): Promise<{ id: string; externalId: string } | undefined> {
  const hashes = DEMO_CANDIDATES.map((externalId) => pseudonymOf(keys.pseudonym, 'customer', externalId));
  const { rows } = await pool.query<{ id: string; hash: Buffer }>(
    `SELECT c.id, c.external_id_hash AS hash FROM customer c
     WHERE c.external_id_hash = ANY ($1) AND c.consent_mask & $2 <> 0
     ORDER BY abs((SELECT count(*) FROM interaction i WHERE i.customer_id = c.id) - $3) LIMIT 1`,
    [hashes, PERSONALIZATION_BIT, SMALL_HISTORY],
  );
  const [row] = rows;
  const externalId = row && DEMO_CANDIDATES[hashes.findIndex((hash) => hash.equals(row.hash))];
  return externalId === undefined ? undefined : { id: row!.id, externalId };
}

/** A product that the customer has not met: buying it is news. */
async function findSku({ pool }: Database, customerId: string | undefined): Promise<string> {
  const { rows } = await pool.query<{ sku: string }>(
    `SELECT sku FROM product p
     WHERE deleted_at IS NULL AND NOT is_hidden AND coalesce(stock, 1) > 0
       AND NOT EXISTS (SELECT FROM interaction i WHERE i.customer_id = $1 AND i.product_id = p.id)
     ORDER BY id LIMIT 1`,
    [customerId ?? '00000000-0000-0000-0000-000000000000'],
  );
  return rows[0]?.sku ?? 'your-sku';
}

import type { UtilityRow } from '../advise/utility-table.ts';

type ShareOf = (customers: number, model: string, epsilon: number | null) => number;

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 56, right: 96, top: 20, bottom: 44 };
const COLORS = ['#1b6ca8', '#2a9d8f', '#d17a00', '#b5305c', '#6a4c93'];

/** The page of utility against customers and epsilon, and its picture. */
export function renderCurve(
  rows: readonly UtilityRow[],
  customers: readonly number[],
  epsilons: readonly number[],
  shareOf: ShareOf,
): { readonly page: string; readonly picture: string } {
  return {
    page: renderPage(rows, customers, epsilons, shareOf),
    picture: renderPicture(customers, epsilons, shareOf),
  };
}

function renderPage(
  rows: readonly UtilityRow[],
  customers: readonly number[],
  epsilons: readonly number[],
  shareOf: ShareOf,
): string {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const ndcg = (size: number, model: string) =>
    rows.find((row) => row.customers === size && row.model === model && row.epsilon === null)!.ndcg.toFixed(4);
  const header = (columns: readonly string[]) => [
    `| ${columns.join(' | ')} |`,
    `| ${columns.map(() => '---').join(' | ')} |`,
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = (model: string, hasContent: boolean) =>
    [
      ...header([
        'customers',
        ...epsilons.map((epsilon) => `epsilon ${epsilon}`),
        ...(hasContent ? ['content alone'] : []),
      ]),
      ...customers.map((size) =>
        line([
          size.toLocaleString('en'),
          ...epsilons.map((epsilon) => percent(shareOf(size, model, epsilon))),
          ...(hasContent ? [percent(shareOf(size, 'content', null))] : []),
        ]),
      ),
    ].join('\n');
  return `# What privacy costs

Written by \`npm run evaluate -- demo-shop --curve\`, which measures it again. \`npm run advise -- --customers <n>\` reads the
same table for a shop of any size.

A model learns from one release at an epsilon (alone, at delta 1e-6), and is asked for what customers first buy in the 30
days after. Figures are shares of the NDCG@20 of the best model without privacy, which unlike \`private-ials\` knows no catalogue
content (hence shares over 100 %), in the
same demo shop (1,000 products). Noise is drawn anew at every measurement: a figure moves by about two points from one to the
next, more in small shops.

![Utility against customers, a line for each epsilon](privacy-utility.svg)

## Personal recommendations

\`private-ials\`, what \`npm start\` trains first: each training is a release.

${table('private-ials', true)}

\`private-ease\`, from the stored co-occurrence statistic: retrained for nothing, better with each release.

${table('private-ease', false)}

## The same products for everyone (\`private-popularity\`)

${table('private-popularity', false)}

## Without privacy (NDCG@20)

${[
  ...header(['customers', 'EASE', 'implicit ALS']),
  ...customers.map((size) => line([size.toLocaleString('en'), ndcg(size, 'ease'), ndcg(size, 'ials')])),
].join('\n')}
`;
}

function renderPicture(customers: readonly number[], epsilons: readonly number[], shareOf: ShareOf): string {
  const [least, most] = [Math.log(customers[0]!), Math.log(customers.at(-1)!)];
  const x = (size: number) =>
    MARGIN.left + ((Math.log(size) - least) / (most - least)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (share: number) => HEIGHT - MARGIN.bottom - (share / 1.1) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const round = (value: number) => value.toFixed(1);
  const series = [
    ...epsilons.map((epsilon, at) => ({
      name: `epsilon ${epsilon}`,
      color: COLORS[at % COLORS.length]!,
      shares: customers.map((size) => shareOf(size, 'private-ials', epsilon)),
    })),
    { name: 'content', color: '#777777', shares: customers.map((size) => shareOf(size, 'content', null)) },
  ];
  // Labels stand at the lines' ends, a line of text apart.
  const labels = series
    .map(({ name, color, shares }) => ({ name, color, at: y(shares.at(-1)!) }))
    .sort((left, right) => right.at - left.at);
  for (let at = 1; at < labels.length; at++) labels[at]!.at = Math.min(labels[at]!.at, labels[at - 1]!.at - 13);
  const parts = [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(share))}" y2="${round(y(share))}" stroke="#dddddd"/>`,
      `<text x="${MARGIN.left - 8}" y="${round(y(share) + 4)}" text-anchor="end">${100 * share} %</text>`,
    ]),
    ...customers.map(
      (size) =>
        `<text x="${round(x(size))}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
    ),
    `<text x="${(WIDTH + MARGIN.left - MARGIN.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">customers</text>`,
    ...series.map(({ color, shares }) => {
      const points = shares.map((share, at) => `${round(x(customers[at]!))},${round(y(share))}`).join(' ');
      return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/>`;
    }),
    ...labels.map(
      ({ name, color, at }) =>
        `<text x="${WIDTH - MARGIN.right + 8}" y="${round(at + 4)}" fill="${color}">${name}</text>`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>NDCG@20 of private recommendations as a share of the best without privacy</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

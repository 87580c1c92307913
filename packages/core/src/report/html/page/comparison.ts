import type { AgreementData, ComparisonCell, ReportData } from '../report-data.js';
import { count, element, percent, section } from './dom.js';
import { columnHint, columnTitle } from './column-words.js';
import { SortableTable, type TableColumn } from './table.js';

type ComparisonRow = ReportData['comparison']['rows'][number];

/** The pipelines side by side, best of each column marked. */
export function comparisonSection({ comparison, pipelines }: ReportData): HTMLElement {
  const columns: TableColumn<ComparisonRow>[] = [
    { title: 'pipeline', value: ({ name }) => name, cell: ({ name }) => name },
    ...comparison.columns.map((title, c): TableColumn<ComparisonRow> => ({
      title: columnTitle(title),
      hint: columnHint(title),
      value: ({ cells }) => sortValue(cells[c]),
      cell: ({ cells }) => shown(cells[c]),
      best: ({ cells }) => cells[c].best,
    })),
  ];
  const table = new SortableTable(columns, { caption: 'Pipelines side by side' });
  table.show(comparison.rows);
  const note = pipelines.every(({ sizes }) => sizes.truth === undefined)
    ? 'Nothing is measured against true identities: precision, recall and NMI need data.labels.'
    : `Metrics in %.${comparison.rows.length > 1 ? ' The best of a column is marked.' : ''}`;
  return section(
    'comparison',
    pipelines.length === 1 ? 'Result' : 'Comparison',
    ...pipelines.map(({ judgement }) => judgementList(judgement)),
    table.node,
    element('p', { class: 'note' }, note),
  );
}

/** How good the clusters seem without labels. */
function judgementList(lines: readonly string[] = []): HTMLElement | undefined {
  if (lines.length === 0) return undefined;
  return element(
    'ul',
    { class: 'judgement' },
    ...lines.map((line) => element('li', {}, line.charAt(0).toUpperCase() + line.slice(1))),
  );
}

/** Counts as elsewhere on the page, `5,882`. */
const shown = ({ value, text }: ComparisonCell): string =>
  typeof value === 'number' && /^\d{4,}$/.test(text) ? Number(text).toLocaleString('en') : text;

const sortValue = ({ value }: ComparisonCell): number => (typeof value === 'number' ? value : NaN);

/** How much the pipelines agree, and on which clusters they differ; undefined for a single one. */
export function agreementSection(
  { agreement, pipelines }: ReportData,
  open: (pipeline: number, cluster: number) => void,
): HTMLElement | undefined {
  if (agreement.length === 0) return undefined;
  const pairs = (pipelines.length * (pipelines.length - 1)) / 2;
  const list = agreement.map((pair, p) =>
    agreementDetails(
      pair,
      pipelines.map(({ name }) => name),
      p === 0,
      open,
    ),
  );
  return section(
    'agreement',
    'Agreement',
    element(
      'p',
      {},
      'How alike the clusters of each two pipelines are, as BCubed F of one against the other; those that differ most first.' +
        (agreement.length < pairs ? ` Of ${count(pairs, 'pair')}, ${agreement.length} are shown.` : ''),
    ),
    ...list,
  );
}

function agreementDetails(
  { pair, f, splits }: AgreementData,
  names: readonly string[],
  opened: boolean,
  open: (pipeline: number, cluster: number) => void,
): HTMLElement {
  const link = (pipeline: number, cluster: number): HTMLElement =>
    element('button', { class: 'link', onclick: () => open(pipeline, cluster) }, String(cluster));
  const lines = splits.map(({ of, cluster, size, parts }) => {
    const [whole, torn] = [pair[of], pair[1 - of]];
    const pieces = parts.flatMap(([part, faces], i) => [i === 0 ? '' : ', ', `${faces} in cluster `, link(torn, part)]);
    const listed = parts.reduce((sum, [, faces]) => sum + faces, 0);
    const rest = listed < size ? `, and ${size - listed} elsewhere` : '';
    return element(
      'li',
      {},
      `${names[whole]}: ${size} faces together in cluster `,
      link(whole, cluster),
      `; ${names[torn]}: `,
      ...pieces,
      rest,
    );
  });
  const same = splits.length === 0 ? element('p', {}, 'They give the same clusters.') : element('ol', {}, ...lines);
  const title = `${names[pair[0]]} and ${names[pair[1]]}: ${percent(f)}`;
  return element('details', { open: opened }, element('summary', {}, title), same);
}

import { count, decimals, element, percent } from './dom.js';
import type { ClusterRow, RunModel } from './run-model.js';
import { SortableTable, type TableColumn } from './table.js';

/** The clusters of two faces or more: searched by number, identity, or the name of a face. */
export async function clusterList(
  model: RunModel,
  pipeline: number,
  open: (cluster: number) => void,
): Promise<HTMLElement> {
  const rows = await model.clusters(pipeline);
  if (rows === undefined) return element('p', {}, 'This page had no room for the list of clusters.');
  const link = (cluster: number): Node | string =>
    cluster < 0 ? '-' : element('button', { class: 'link', onclick: () => open(cluster) }, String(cluster));
  const columns: TableColumn<ClusterRow>[] = [
    { title: 'cluster', value: ({ cluster }) => cluster, cell: ({ cluster }) => link(cluster) },
    { title: 'faces', value: ({ size }) => size, cell: ({ size }) => size.toLocaleString('en') },
    {
      title: 'cohesion',
      hint: 'Mean cosine of two of its faces',
      value: ({ similarity }) => similarity,
      cell: ({ similarity }) => decimals(similarity),
    },
    {
      title: 'nearest',
      hint: 'The cluster most alike',
      value: ({ nearest }) => nearest,
      cell: ({ nearest }) => link(nearest),
    },
    {
      title: 'distance',
      hint: '1 less the mean cosine with the faces of the nearest cluster',
      value: ({ nearest, nearestSimilarity }) => (nearest < 0 ? NaN : 1 - nearestSimilarity),
      cell: ({ nearest, nearestSimilarity }) => (nearest < 0 ? '-' : decimals(1 - nearestSimilarity)),
    },
  ];
  if (model.data.pipelines[pipeline].clusters?.identities !== undefined) {
    columns.push(
      {
        title: 'identity',
        hint: 'The true identity of most of its faces',
        value: ({ identity }) => identity ?? -1,
        cell: ({ identity = -1 }) => (identity < 0 ? 'unknown' : String(identity)),
      },
      {
        title: 'purity',
        hint: 'Share of its faces that are of this identity',
        value: ({ identity = -1, purity = 0 }) => (identity < 0 ? NaN : purity),
        cell: ({ identity = -1, purity = 0 }) => (identity < 0 ? '-' : percent(purity)),
      },
      {
        title: 'missed',
        hint: 'Faces of this identity in other clusters',
        value: ({ missed = 0 }) => missed,
        cell: ({ missed = 0 }) => missed.toLocaleString('en'),
      },
    );
  }
  const table = new SortableTable(columns, { caption: 'Clusters', sortedBy: 1 });
  const status = element('p', { class: 'note', role: 'status' });
  let asked = 0;
  const search = async (text: string): Promise<void> => {
    const turn = ++asked;
    // which face is where is unpacked for who looks for one
    if (text !== '') await model.load();
    const labels = text === '' ? undefined : (await model.partition(pipeline))?.labels;
    if (turn !== asked) return;
    const found = matching(model, rows, labels, text);
    status.textContent = `${count(found.length, 'cluster')} of two faces or more${text === '' ? '' : ' found'}`;
    table.show(found);
  };
  const input = element('input', {
    type: 'search',
    placeholder: 'cluster, identity, or name of a face',
    'aria-label': 'Search clusters',
    oninput: () => void search(input.value.trim()),
  });
  await search('');
  return element('div', { class: 'clusters' }, input, status, table.node);
}

/** Faces looked through for a text. */
const mostNamed = 1000;

function matching(
  model: RunModel,
  rows: readonly ClusterRow[],
  labels: ArrayLike<number> | undefined,
  text: string,
): readonly ClusterRow[] {
  if (text === '') return rows;
  const named = new Set(labels === undefined ? [] : model.search(text, mostNamed).map((face) => labels[face]));
  return rows.filter(
    ({ cluster, identity }) => String(cluster) === text || String(identity) === text || named.has(cluster),
  );
}

import type { Split } from '../../../cluster/cluster-splits.js';
import type { LinkedPair, PipelineData } from '../report-data.js';
import { decimals, element } from './dom.js';
import { SortableTable, type TableColumn } from './table.js';

/** What opens, by what is pressed. */
export interface Openers {
  /** A cluster in its two parts. */
  readonly split: (split: Split) => void;
  /** Two clusters. */
  readonly two: (clusters: readonly [number, number]) => void;
  /** Two faces. */
  readonly pair: (a: number, b: number) => void;
}

const opener = (text: string, open: () => void): HTMLElement =>
  element('button', { class: 'link', onclick: open }, text);

const linkCell = ([a, b]: readonly [number, number], score: number, { pair }: Openers): HTMLElement =>
  element(
    'button',
    { class: 'link', title: 'The two faces that it joins', onclick: () => pair(a, b) },
    decimals(score),
  );

/** What a person should look at first: no labels are needed for it. */
export function queues({ splits, close }: PipelineData, open: Openers): HTMLElement {
  const several: TableColumn<Split>[] = [
    {
      title: 'cluster',
      value: ({ cluster }) => cluster,
      cell: (split) => opener(String(split.cluster), () => open.split(split)),
    },
    {
      title: 'parts',
      hint: 'Faces on either side of the weakest link',
      value: ({ size }) => size,
      cell: ({ parts }) => `${parts[0]} + ${parts[1]}`,
    },
    {
      title: 'weakest link',
      hint: 'Its score; press to see the two faces it joins',
      value: ({ score }) => score,
      cell: ({ link, score }) => linkCell(link, score, open),
    },
    {
      title: 'inside',
      hint: 'Mean cosine inside the parts',
      value: ({ inside }) => inside,
      cell: ({ inside }) => decimals(inside),
    },
    {
      title: 'across',
      hint: 'Mean cosine between the parts',
      value: ({ across }) => across,
      cell: ({ across }) => decimals(across),
    },
  ];
  const same: TableColumn<LinkedPair>[] = [
    {
      title: 'clusters',
      value: ({ clusters }) => clusters[0],
      cell: ({ clusters }) => opener(clusters.join(' and '), () => open.two(clusters)),
    },
    { title: 'faces', value: ({ sizes }) => sizes[0] + sizes[1], cell: ({ sizes }) => `${sizes[0]} + ${sizes[1]}` },
    {
      title: 'mean cosine',
      hint: 'Of a face of the one with a face of the other',
      value: ({ similarity }) => similarity,
      cell: ({ similarity }) => decimals(similarity),
    },
    {
      title: 'links',
      hint: 'Links between the two',
      value: ({ links }) => links,
      cell: ({ links }) => links.toLocaleString('en'),
    },
    {
      title: 'strongest',
      hint: 'The best link between them; press to see why it did not join them',
      value: ({ strongest }) => strongest?.score ?? NaN,
      cell: ({ strongest }) => (strongest === undefined ? '-' : linkCell(strongest.link, strongest.score, open)),
    },
  ];
  const severalTable = new SortableTable(several, { caption: 'Clusters that are probably two persons', page: 10 });
  severalTable.show(splits);
  const sameTable = new SortableTable(same, {
    caption: 'Pairs of clusters that are probably the same person',
    page: 10,
  });
  sameTable.show(close);
  return element(
    'div',
    { class: 'queues' },
    element(
      'div',
      {},
      element('h3', {}, 'Probably two persons'),
      element(
        'p',
        { class: 'note' },
        'Clusters that fall apart where one link is cut, into parts that are least alike.',
      ),
      severalTable.node,
    ),
    element(
      'div',
      {},
      element('h3', {}, 'Probably the same person'),
      element('p', { class: 'note' }, 'Clusters almost as alike as faces inside the looser of the two.'),
      sameTable.node,
    ),
  );
}

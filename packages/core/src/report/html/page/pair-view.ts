import { partedText } from '../../../explain/decision-text.js';
import type { PairPath, PathStep } from '../../../explain/pair-path.js';
import type { PipelineData } from '../report-data.js';
import { count, decimals, element } from './dom.js';
import { face } from './faces.js';
import { decisionList } from './link-decisions.js';
import type { Links, Partition } from './partition.js';
import type { RunModel } from './run-model.js';
import { SortableTable, type TableColumn } from './table.js';

/** Why two faces are together, or are not: the path of links between them, and the weakest. */
export function pairView(
  model: RunModel,
  pipeline: PipelineData,
  partition: Partition,
  links: Links | undefined,
  a: number,
  b: number,
): HTMLElement {
  const [from, to] = [partition.labels[a], partition.labels[b]];
  const together = from === to;
  const path = links?.path(a, b);
  const verdict = together ? `Together, in cluster ${from}.` : `Apart: clusters ${from} and ${to}.`;
  return element(
    'div',
    { class: 'pair' },
    element('div', { class: 'faces' }, face(model, a), face(model, b)),
    element(
      'p',
      {},
      element('strong', {}, verdict),
      ` ${a === b ? 'They are one face.' : reason(model, pipeline, links !== undefined, path, together)}`,
    ),
    ...(a === b ? [] : [decisionList(model, pipeline, partition, links?.decisions, [a, b], path?.steps[path.weakest])]),
    ...pathTable(model, partition, path),
  );
}

function reason(
  model: RunModel,
  { threshold, stages }: PipelineData,
  linked: boolean,
  path: PairPath | undefined,
  together: boolean,
): string {
  if (!linked) return 'This page holds no links; "l2c explain" says more.';
  if (path === undefined) return 'No path of links leads from one to the other.';
  const { from, to, score } = path.steps[path.weakest];
  const weakest = `The weakest of ${count(path.steps.length, 'link')} between them scores ${decimals(score)}, from ${model.name(from)} to ${model.name(to)}.`;
  const deoverlapper = stages[stages.length - 1].stage.replace(/^core\//, '');
  const parted = partedText(together, score, threshold, deoverlapper);
  return threshold === undefined
    ? weakest
    : `${weakest.slice(0, -1)}; ${threshold.option} is ${threshold.value}${parted}.`;
}

interface Step extends PathStep {
  readonly number: number;
  readonly weakest: boolean;
}

function pathTable(model: RunModel, partition: Partition, path: PairPath | undefined): HTMLElement[] {
  if (path === undefined || path.steps.length === 0) return [];
  const several = path.steps.some(({ from, to }) => partition.labels[from] !== partition.labels[to]);
  const named = (face: number): string =>
    several ? `${model.name(face)} (cluster ${partition.labels[face]})` : model.name(face);
  const columns: TableColumn<Step>[] = [
    {
      title: 'link',
      value: ({ number }) => number,
      cell: ({ number, weakest }) => (weakest ? `${number}, weakest` : String(number)),
      best: ({ weakest }) => weakest,
    },
    {
      title: 'from',
      value: ({ from }) => model.name(from),
      cell: ({ from }) => named(from),
    },
    {
      title: 'to',
      value: ({ to }) => model.name(to),
      cell: ({ to }) => named(to),
    },
    { title: 'score', value: ({ score }) => score, cell: ({ score }) => decimals(score) },
  ];
  if (path.steps.some(({ score, similarity }) => score !== similarity))
    columns.push({
      title: 'cosine',
      value: ({ similarity }) => similarity,
      cell: ({ similarity }) => decimals(similarity),
    });
  const table = new SortableTable(columns, { caption: 'The path of links between the two faces' });
  table.show(path.steps.map((step, s) => ({ ...step, number: s + 1, weakest: s === path.weakest })));
  return [table.node];
}

import { clustersText, confidenceText, rankText, waysText } from '../../../explain/decision-text.js';
import type { PathStep } from '../../../explain/pair-path.js';
import type { DecisionsData, PipelineData } from '../report-data.js';
import { decimals, element } from './dom.js';
import type { Partition } from './partition.js';
import type { RunModel } from './run-model.js';
import { unpackIntegers, unpackReals } from './unpack.js';

/** What the stages made of each link of the forest, by the instance that the link leads up from. */
export interface LinkDecisions {
  readonly k: number;
  readonly forth: ArrayLike<number> | undefined;
  readonly back: ArrayLike<number> | undefined;
  readonly ways: ArrayLike<number> | undefined;
  readonly confidences: ArrayLike<number> | undefined;
}

export async function unpackDecisions({ ranks, ways, confidences }: DecisionsData): Promise<LinkDecisions> {
  return {
    k: ranks?.k ?? 0,
    forth: ranks && (await unpackIntegers(ranks.forth)),
    back: ranks && (await unpackIntegers(ranks.back)),
    ways: ways && (await unpackIntegers(ways)),
    confidences: confidences && (await unpackReals(confidences)),
  };
}

/** Stage by stage: what was made of the link that decides, and where the two faces ended. */
export function decisionList(
  model: RunModel,
  { stages, threshold }: PipelineData,
  { labels }: Partition,
  decisions: LinkDecisions | undefined,
  [a, b]: readonly [number, number],
  weakest: PathStep | undefined,
): HTMLElement {
  const link = weakest && decisions && linkTexts(model, decisions, weakest);
  const { round } = stages[stages.length - 1];
  const cut = threshold === undefined ? '' : `; ${threshold.option} is ${threshold.value}`;
  const lines = stages
    .filter((stage) => stage.round === round)
    .map(({ kind, stage }, s, all) => {
      const said = kind === 'scorer' && all[s + 1]?.kind === 'scorer' ? undefined : link?.[kind];
      const end = clustersText(model.name(a), labels[a], model.name(b), labels[b]);
      return { kind, stage: stage.replace(/^core\//, ''), said: kind === 'deoverlapper' ? `${end}${cut}` : said };
    })
    .filter(({ said }) => said !== undefined);
  const head =
    link === undefined
      ? 'What was decided'
      : `What the stages made of the weakest link, ${model.name(weakest!.from)} to ${model.name(weakest!.to)}`;
  return element(
    'div',
    {},
    element('h3', {}, head),
    element(
      'dl',
      { class: 'decisions' },
      ...lines.flatMap(({ kind, stage, said }) => [element('dt', {}, `${kind} ${stage}`), element('dd', {}, said)]),
    ),
  );
}

/** By kind of stage. */
function linkTexts(
  model: RunModel,
  { k, forth, back, ways, confidences }: LinkDecisions,
  { from, to, child, score }: PathStep,
): Readonly<Record<string, string | undefined>> {
  const [a, b] = [model.name(from), model.name(to)];
  const up = child === from;
  const [near, far] = up ? [forth, back] : [back, forth];
  const way = ways?.[child];
  const confident = confidences && `; ${confidenceText(a, confidences[from], b, confidences[to])}`;
  return {
    knnBuilder: near && far && `${rankText(near[child], k, b, a)}; ${rankText(far[child], k, a, b)}`,
    proposalGenerator:
      way === undefined ? undefined : waysText((way & (up ? 1 : 2)) !== 0, (way & (up ? 2 : 1)) !== 0, a, b),
    scorer: way === undefined ? undefined : `scores it ${decimals(score)}${confident ?? ''}`, // else it scores sets
  };
}

import { partedText } from './decision-text.js';
import { spellControls } from '../spell-controls.js';
import type { ExplainedStep, PairExplanation } from './explain-pair.js';

/** Why two faces are together, or are not, for people. */
export function explainText(explanation: PairExplanation): string {
  const { pipeline, faces, together, similarity, stages, path } = explanation;
  const [a, b] = faces;
  if (a.row === b.row)
    return spellControls(
      `${pipeline}: ${a.name} is one face given twice, in cluster ${a.cluster}; give another beside it`,
    );
  const verdict = together ? `together, in cluster ${a.cluster}` : `apart, in clusters ${a.cluster} and ${b.cluster}`;
  const many = stages.some(({ round }) => round > 1);
  const lines = [
    `${pipeline}: ${a.name} and ${b.name} are ${verdict}; their cosine is ${similarity.toFixed(3)}`,
    ...stages.map(
      ({ round, kind, stage, said }) => `  ${many ? `round ${round}, ` : ''}${kind} ${shortStage(stage)}: ${said}`,
    ),
    `  ${reason(explanation)}`,
  ];
  if (path !== undefined) lines.push(...pathLines(path.steps, path.weakest));
  return spellControls(lines.join('\n'));
}

const shortStage = (name: string): string => name.replace(/^core\//, '');

/** Links of a path that are all shown; of a longer one the first, the last and the weakest. */
const shownSteps = 12;

function pathLines(steps: readonly ExplainedStep[], weakest: number): string[] {
  const last = steps.length - 1;
  const lines: string[] = [];
  let skipped = 0;
  steps.forEach((step, s) => {
    if (steps.length > shownSteps && s !== 0 && s !== last && s !== weakest) {
      skipped++;
      return;
    }
    if (skipped > 0) lines.push(`    ... ${skipped} more`);
    skipped = 0;
    lines.push(`    ${stepText(step)}${s === weakest ? '  <- weakest' : ''}`);
  });
  return lines;
}

function reason({ path, linked, threshold, together, stages }: PairExplanation): string {
  if (!linked) return 'the pipeline has no links between faces';
  if (path === undefined) return 'no path of links leads from one to the other';
  const { score } = path.steps[path.weakest];
  const cut = threshold === undefined ? '' : `; ${threshold.option} is ${threshold.value}`;
  const deoverlapper = shortStage(stages[stages.length - 1].stage);
  const links = path.steps.length === 1 ? 'one link' : `${path.steps.length} links`;
  return `the best path from one to the other has ${links}, the weakest scores ${score.toFixed(3)}${cut}${partedText(together, score, threshold, deoverlapper)}`;
}

function stepText({ from, to, score, similarity }: ExplainedStep): string {
  const cosine = score === similarity ? '' : `, cosine ${similarity.toFixed(3)}`;
  const clusters = from.cluster === to.cluster ? '' : `  (cluster ${from.cluster} to ${to.cluster})`;
  return `${from.name} -> ${to.name}  ${score.toFixed(3)}${cosine}${clusters}`;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWeights } from '../formats/weights.js';
import type { StageDefinition } from '../stages/define-stage.js';
import { fileOptions } from '../stages/options.js';
import type { Services } from '../stages/services.js';
import { build } from './behaviour-checks.js';
import { stageInputs, type StageCase } from './stage-input.js';
import { exampleOf, train } from './training-checks.js';

/**
 * The case itself, unless it is one of a trainable scorer that names no weights: then the scorer is trained on the
 * case's data first, as `l2c train` does, and the case names the file. Files are removed when the process ends.
 */
export async function trainedCase(
  definition: StageDefinition,
  stageCase: StageCase,
  services: Services,
): Promise<StageCase> {
  const { options = {} } = stageCase;
  const writes = fileOptions(definition).some(({ name, format }) => name === 'weights' && format === 'weights');
  if (!definition.trainable || !writes || 'weights' in options) return stageCase;
  const folder = mkdtempSync(join(tmpdir(), 'l2c-weights-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const named = { ...stageCase, options: { ...options, weights: join(folder, `${definition.type}.safetensors`) } };
  const examples = stageInputs(definition, stageCase).map(exampleOf);
  const { weights } = await train(build(definition, named, services), examples);
  await writeWeights(named.options.weights, weights);
  return named;
}

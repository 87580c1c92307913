// metrics.mjs TRUTH PREDICTED: metrics of two label arrays (raw int32) by l2c.
import { readFileSync } from 'node:fs';
import { bcubed, nmi, pairwise } from '../../packages/core/dist/index.js';
import { serve } from '../side.mjs';

const [truth, predicted] = process.argv.slice(2).map((path) => {
  const bytes = readFileSync(path);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
});

const metrics = {
  pairwise: () => pairwise(truth, predicted).f,
  bcubed: () => bcubed(truth, predicted).f,
  nmi: () => nmi(truth, predicted, { average: 'arithmetic' }),
};

await serve(({ metric }) => ({ value: metrics[metric]() }));

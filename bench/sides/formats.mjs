// Reads matrices by l2c.
import { readFeatures, readRawFeatures } from '../../packages/core/dist/formats/features-file.js';
import { serve } from '../side.mjs';

await serve(async ({ path, normalise }) => {
  const features = normalise ? (await readFeatures(path)).features : await readRawFeatures(path);
  return { rows: features.n };
});

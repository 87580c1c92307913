import {
  evenOffsets,
  fillOptions,
  selectRows,
  type EdgeProposals,
  type Features,
  type StageDefinition,
} from '@l2c/core';
import { bruteForceKnn, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { chineseWhispersStage } from '../src/chinese-whispers.js';
import { dbscanStage } from '../src/dbscan.js';
import { hacStage } from '../src/hac.js';

const { features, n } = tinyFaces({ sizes: [9, 8, 7, 6, 2, 1, 1], noise: 0.9 });

function times(copies: number): Features {
  return selectRows(
    features,
    Int32Array.from({ length: copies * n }, (_, i) => i % n),
  );
}

/** What a stage chooses for all links there are, and how sure it is. */
async function chosen(
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  faces: Features,
): Promise<object> {
  const facts = new Map<string, unknown>();
  const services = testServices({ record: (name, fact) => void facts.set(name, fact) });
  const stage = definition.create(fillOptions(definition, options).options, services);
  const knn = bruteForceKnn(faces, faces.n - 1);
  const { k, ids: targets, similarities } = knn;
  const edges: EdgeProposals = { kind: 'edges', n: faces.n, offsets: evenOffsets(faces.n, k), targets, similarities };
  if ('propose' in stage) await stage.propose(faces, knn);
  if ('deoverlap' in stage) await stage.deoverlap(edges, { proposals: similarities }, { features: faces });
  const [name] = Object.keys(options);
  const { chosen: found, stability, plateau } = facts.get(name) as Record<string, unknown>;
  return { found, stability, plateau };
}

describe('an automatic threshold of faces with copies', () => {
  const cases: [StageDefinition, Record<string, unknown>][] = [
    [chineseWhispersStage, { threshold: 'auto' }],
    [dbscanStage, { maxDistance: 'auto' }],
    [dbscanStage, { maxDistance: 'auto', minPoints: 3 }],
    [hacStage, { maxDistance: 'auto' }],
    [hacStage, { maxDistance: 'auto', linkage: 'single' }],
    [hacStage, { maxDistance: 'auto', linkage: 'complete' }],
    [hacStage, { maxDistance: 'auto', source: 'knn' }],
  ];
  for (const [definition, options] of cases) {
    it(`is that of the originals: ${definition.type}, ${JSON.stringify(options)}`, async () => {
      const once = await chosen(definition, options, features);
      expect(await chosen(definition, options, times(2))).to.deep.equal(once);
      expect(await chosen(definition, options, times(10))).to.deep.equal(once);
    });
  }
});

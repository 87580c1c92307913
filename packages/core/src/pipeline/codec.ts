import { Features } from '../data/features.js';
import { assertKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import { assertLabels, type Labels } from '../data/labels.js';
import { assertProposals, type EdgeProposals, type Proposals } from '../data/proposals.js';
import { assertScores, type Scores } from '../data/scores.js';
import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import type { NpyArray, NpyData } from '../formats/npy.js';

/** A noun as named arrays, for `.npz` files. */
export type Entries = Map<string, NpyArray>;

/** How a noun becomes arrays and comes back. */
export interface Codec<Noun> {
  encode(noun: Noun): Entries;
  decode(entries: Entries): Noun;
}

const vector = (data: NpyData): NpyArray => ({ shape: [data.length], data });
const flag = (value: number): NpyArray => ({ shape: [], data: Int32Array.of(value) });

function number(entries: Entries, name: string): number {
  return Number(entry(entries, name).data[0]);
}

function entry(entries: Entries, name: string): NpyArray {
  const found = entries.get(name);
  if (found === undefined) throw new RangeError(`no array "${name}"`);
  return found;
}

/** Arrays come back on shared buffers, as stages expect them. */
function floats(entries: Entries, name: string): Float32Array {
  const { data } = entry(entries, name);
  if (!(data instanceof Float32Array)) throw new RangeError(`"${name}" is not float32`);
  return data.buffer instanceof SharedArrayBuffer ? data : copyInto(sharedFloat32(data.length), data);
}

function integers(entries: Entries, name: string): Int32Array {
  const { data } = entry(entries, name);
  if (!(data instanceof Int32Array)) throw new RangeError(`"${name}" is not int32`);
  return data.buffer instanceof SharedArrayBuffer ? data : copyInto(sharedInt32(data.length), data);
}

function copyInto<T extends Float32Array | Int32Array>(target: T, source: T): T {
  target.set(source);
  return target;
}

export const knnCodec: Codec<KnnGraph> = {
  encode: ({ n, k, ids, similarities }) =>
    new Map([
      ['ids', { shape: [n, k], data: ids }],
      ['similarities', { shape: [n, k], data: similarities }],
    ]),
  decode(entries) {
    const [n = 0, k = 0] = entry(entries, 'ids').shape;
    const knn = { n, k, ids: integers(entries, 'ids'), similarities: floats(entries, 'similarities') };
    assertKnnGraph(knn);
    return knn;
  },
};

/** Edges that view a whole graph are stored as offsets alone: `knn` gives the rest back. */
export function proposalsCodec(knn: KnnGraph | undefined): Codec<Proposals> {
  const viewed = (proposals: EdgeProposals): boolean =>
    proposals.targets === knn?.ids && proposals.similarities === knn.similarities;
  return {
    encode(proposals) {
      const common: [string, NpyArray][] = [
        ['n', flag(proposals.n)],
        ['offsets', vector(proposals.offsets)],
      ];
      if (proposals.kind === 'clusters') return new Map([...common, ['members', vector(proposals.members)]]);
      if (viewed(proposals)) return new Map([...common, ['view', flag(1)]]);
      return new Map([
        ...common,
        ['targets', vector(proposals.targets)],
        ['similarities', vector(proposals.similarities)],
      ]);
    },
    decode(entries) {
      const n = number(entries, 'n');
      const offsets = integers(entries, 'offsets');
      let proposals: Proposals;
      if (entries.has('members')) proposals = { kind: 'clusters', n, offsets, members: integers(entries, 'members') };
      else if (!entries.has('view')) {
        proposals = {
          kind: 'edges',
          n,
          offsets,
          targets: integers(entries, 'targets'),
          similarities: floats(entries, 'similarities'),
        };
      } else if (knn === undefined) throw new RangeError('a view of a graph, without the graph');
      else proposals = { kind: 'edges', n, offsets, targets: knn.ids, similarities: knn.similarities };
      assertProposals(proposals);
      return proposals;
    },
  };
}

/** Scores that are the similarities of `proposals` themselves are stored as a mark; all is stored where none are given. */
export function scoresCodec(proposals: Proposals | undefined): Codec<Scores> {
  return {
    encode({ proposals: perProposal, members, vertices, embedding }) {
      const entries: Entries = new Map();
      const same = proposals?.kind === 'edges' && perProposal === proposals.similarities;
      if (same) entries.set('similarity', flag(1));
      else entries.set('proposals', vector(perProposal));
      if (members !== undefined) entries.set('members', vector(members));
      if (vertices !== undefined) entries.set('vertices', vector(vertices));
      if (embedding !== undefined) {
        entries.set('embedding', flag(embedding.dim));
        embedding.blocks.forEach((block, i) =>
          entries.set(`embedding ${i}`, { shape: [block.length / embedding.dim, embedding.dim], data: block }),
        );
      }
      return entries;
    },
    decode(entries) {
      if (proposals === undefined) throw new RangeError('scores without their proposals');
      const own =
        entries.has('similarity') && proposals.kind === 'edges' ? proposals.similarities : floats(entries, 'proposals');
      const scores: Scores = {
        proposals: own,
        members: entries.has('members') ? floats(entries, 'members') : undefined,
        vertices: entries.has('vertices') ? floats(entries, 'vertices') : undefined,
        embedding: entries.has('embedding') ? decodeEmbedding(entries) : undefined,
      };
      assertScores(scores, proposals);
      return scores;
    },
  };
}

function decodeEmbedding(entries: Entries): Features {
  const dim = number(entries, 'embedding');
  const blocks: Float32Array[] = [];
  while (entries.has(`embedding ${blocks.length}`)) blocks.push(floats(entries, `embedding ${blocks.length}`));
  const n = blocks.reduce((sum, block) => sum + block.length / dim, 0);
  const rowsPerBlock = blocks.length > 1 ? blocks[0].length / dim : 2 ** Math.ceil(Math.log2(Math.max(1, n)));
  return new Features(n, dim, blocks, rowsPerBlock);
}

export const labelsCodec: Codec<Labels> = {
  encode: ({ values, clusters }) =>
    new Map([
      ['labels', vector(values)],
      ['clusters', flag(clusters)],
    ]),
  decode(entries) {
    const labels = { values: integers(entries, 'labels'), clusters: number(entries, 'clusters') };
    assertLabels(labels, labels.values.length);
    return labels;
  },
};

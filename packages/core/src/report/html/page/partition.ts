import { membersOf } from '../../../cluster/cluster-splits.js';
import { pairPath, type LinkedForest, type PairPath } from '../../../explain/pair-path.js';
import { forestParents } from '../forest-places.js';
import type { ForestData, PipelineData } from '../report-data.js';
import { unpackDecisions, type LinkDecisions } from './link-decisions.js';
import { unpackIntegers, unpackReals } from './unpack.js';

/** Which face is where, in one pipeline. */
export interface Partition {
  readonly labels: ArrayLike<number>;
  readonly fits: ArrayLike<number> | undefined;
  /** Faces of a cluster, the most typical first. */
  members(cluster: number): number[];
  /** What joins faces, unpacked when it is first asked for; undefined where the page holds no links. */
  links(): Promise<Links | undefined>;
}

/** What joins faces. */
export interface Links {
  /** Undefined where no path leads from one to the other. */
  path(a: number, b: number): PairPath | undefined;
  /** Faces of a cluster in two parts, as they fall where the link is cut: the part of the one face first. */
  parts(members: readonly number[], link: readonly [number, number]): [number[], number[]];
  readonly decisions: LinkDecisions | undefined;
}

/** Undefined where the page had no room for it. */
export async function unpackPartition({
  labels,
  fits,
  forest,
  decisions,
}: PipelineData): Promise<Partition | undefined> {
  if (labels === undefined) return undefined;
  const labelOf = await unpackIntegers(labels);
  const fitOf = fits && (await unpackReals(fits));
  const faces = membersOf(labelOf, sizesOf(labelOf));
  let links: Promise<Links> | undefined;
  return {
    labels: labelOf,
    fits: fitOf,
    members(cluster) {
      const members = Array.from(faces.list.subarray(faces.offsets[cluster], faces.offsets[cluster + 1]));
      return fitOf === undefined ? members : members.sort((a, b) => fitOf[b] - fitOf[a] || a - b);
    },
    async links() {
      return forest && (links ??= unpackLinks(forest, decisions, labelOf, faces));
    },
  };
}

async function unpackLinks(
  { places, bridges, scores, similarities }: ForestData,
  decisions: PipelineData['decisions'],
  labels: ArrayLike<number>,
  faces: ReturnType<typeof membersOf>,
): Promise<Links> {
  const scoreOf = await unpackReals(scores);
  const parents = forestParents(
    { places: await unpackIntegers(places), bridges: await unpackIntegers(bridges) },
    labels,
    faces,
  );
  const similarityOf = similarities === undefined ? scoreOf : await unpackReals(similarities);
  const linked: LinkedForest = { parents, scores: scoreOf, similarities: similarityOf };
  return {
    path: (a, b) => pairPath(linked, a, b),
    parts(members, [a, b]) {
      const child = parents[a] === b ? a : b;
      const hanging = below(parents, members, child);
      const part = (side: boolean): number[] => members.filter((face) => hanging.has(face) === side);
      return [part(child === a), part(child !== a)];
    },
    decisions: decisions && (await unpackDecisions(decisions)),
  };
}

/** Those of the faces that hang on a face, itself included. */
function below(parents: ArrayLike<number>, members: readonly number[], top: number): Set<number> {
  const inside = new Set(members);
  const known = new Map([[top, true]]);
  for (const member of members) {
    const way: number[] = [];
    let at = member;
    for (; !known.has(at) && inside.has(at); at = parents[at]) way.push(at);
    for (const face of way) known.set(face, known.get(at) ?? false);
  }
  return new Set(members.filter((face) => known.get(face) === true));
}

function sizesOf(labels: ArrayLike<number>): Int32Array {
  let clusters = 0;
  for (let i = 0; i < labels.length; i++) clusters = Math.max(clusters, labels[i] + 1);
  const sizes = new Int32Array(clusters);
  for (let i = 0; i < labels.length; i++) sizes[labels[i]]++;
  return sizes;
}

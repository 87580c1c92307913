import type { membersOf } from '../../cluster/cluster-splits.js';

/** A forest told by places inside clusters: a tenth of the bytes of instance numbers, once compressed. */
export interface ForestPlaces {
  /** (n) place of the parent among the faces of its cluster, from 1; 0 of a top: its parent is in another cluster, or it has none. */
  readonly places: Int32Array;
  /** (tops, in the order of instances) the parent's instance, from 1; 0 of a root. */
  readonly bridges: Int32Array;
}

/** Of a forest given by parents (-1 of a root) over faces in clusters. O(n). */
export function forestPlaces(parents: Int32Array, labels: Int32Array, sizes: Int32Array): ForestPlaces {
  const placeOf = placesIn(labels, sizes);
  const places = new Int32Array(parents.length);
  const bridges: number[] = [];
  for (let i = 0; i < parents.length; i++) {
    const parent = parents[i];
    if (parent === -1 || labels[parent] !== labels[i]) bridges.push(parent + 1);
    else places[i] = placeOf[parent] + 1;
  }
  return { places, bridges: Int32Array.from(bridges) };
}

/** (n) the parents again, -1 of a root. O(n). */
export function forestParents(
  { places, bridges }: { readonly places: ArrayLike<number>; readonly bridges: ArrayLike<number> },
  labels: ArrayLike<number>,
  { offsets, list }: ReturnType<typeof membersOf>,
): Int32Array {
  const parents = new Int32Array(places.length);
  for (let i = 0, top = 0; i < parents.length; i++)
    parents[i] = places[i] === 0 ? bridges[top++] - 1 : list[offsets[labels[i]] + places[i] - 1];
  return parents;
}

/** (n) place of each face in its cluster, by instance. */
function placesIn(labels: Int32Array, sizes: Int32Array): Int32Array {
  const met = new Int32Array(sizes.length);
  return labels.map((label) => met[label]++);
}

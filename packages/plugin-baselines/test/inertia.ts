import { Features, type Random } from '@l2c/core';

/** Rows around `centres` random points of a cube, in blocks of so few rows that several are needed. */
export function blobs(centres: number, perCentre: number, dim: number, spread: number, random: Random): Features {
  const rows: number[][] = [];
  for (let c = 0; c < centres; c++) {
    const centre = Array.from({ length: dim }, () => random.next());
    for (let r = 0; r < perCentre; r++) rows.push(centre.map((value) => value + spread * random.normal()));
  }
  const order = random.shuffle(Int32Array.from({ length: rows.length }, (_, i) => i));
  const features = Features.allocate(rows.length, dim, 16 * 4 * dim);
  order.forEach((from, i) => features.row(i).set(rows[from]));
  return features;
}

/** The sum of squared distances to the means of the labels, in double precision. */
export function inertiaOf(features: Features, labels: Int32Array): number {
  const members = new Map<number, number[]>();
  labels.forEach((label, i) => members.set(label, [...(members.get(label) ?? []), i]));
  let sum = 0;
  for (const list of members.values()) {
    const mean = new Float64Array(features.dim);
    for (const i of list) features.row(i).forEach((value, c) => (mean[c] += value / list.length));
    for (const i of list) features.row(i).forEach((value, c) => (sum += (value - mean[c]) ** 2));
  }
  return sum;
}

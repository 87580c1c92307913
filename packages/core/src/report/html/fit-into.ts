import { packedSize } from './pack.js';
import type { PipelineData, ReportData } from './report-data.js';

/** Characters of data in a page: with its program it stays below 10 MB. */
const mostCharacters = 9_700_000;

/**
 * Leaves out what is too much for one page, the least missed first: what stages made of links, links, then how well faces fit, names, images, and at last which face
 * is in which cluster. Of several pipelines the first keep theirs. What was left out is said.
 */
export function fitInto(data: ReportData, most = mostCharacters): ReportData {
  const { ids, images, rows, truth, pipelines } = data;
  const bare = pipelines.map(({ labels: _, fits: __, forest: ___, decisions: ____, ...rest }): PipelineData => rest);
  let left = most - JSON.stringify({ ...data, ids: undefined, images: undefined, pipelines: bare }).length;
  const lost: string[] = [];
  const keep = <Part>(part: Part | undefined, size: number, name: string): Part | undefined => {
    if (part === undefined) return undefined;
    if (size > left) {
      lost.push(name);
      return undefined;
    }
    left -= size;
    return part;
  };
  const labels = pipelines.map((p) => keep(p.labels, packedSize(p.labels), `which face is where (${p.name})`));
  const keptIds = keep(ids, packedSize(ids), 'names of faces');
  const keptImages = keep(images, packedSize(images), 'images');
  const fits = pipelines.map((p, i) => (labels[i] === undefined ? undefined : keep(p.fits, packedSize(p.fits), `how well each face fits (${p.name})`))); // prettier-ignore
  const forests = pipelines.map((p, i) => {
    if (labels[i] === undefined) return undefined;
    const { forest } = p;
    const size = packedSize(forest?.parents, forest?.scores, forest?.similarities);
    return keep(forest, size, `links between faces (${p.name}): "l2c explain" has them`);
  });
  const decisions = pipelines.map((p, i) => {
    if (forests[i] === undefined) return undefined;
    const { ranks, ways, confidences } = p.decisions ?? {};
    const size = packedSize(ranks?.forth, ranks?.back, ways, confidences);
    return keep(p.decisions, size, `what stages made of links (${p.name}): "l2c explain" has it`);
  });
  const note = `Left out, since a page has room for ${(most / 1e6).toFixed(1)} MB: ${lost.join('; ')}.`;
  return {
    ...data,
    rows,
    truth,
    ids: keptIds,
    images: keptImages,
    notes: lost.length === 0 ? data.notes : [...data.notes, note],
    pipelines: bare.map((p, i) => ({
      ...p,
      labels: labels[i],
      fits: fits[i],
      forest: forests[i],
      decisions: decisions[i],
    })),
  };
}

import type { Packed, PackedText, PipelineData, ReportData } from './report-data.js';

/** Bytes of data in a page: with its program it stays below 10 MB. */
const mostBytes = 9_700_000;

/** Pipelines that are named where something of them was left out. */
const mostNamed = 5;

/** What may be left out of one pipeline. */
type Spare = 'clusters' | 'labels' | 'fits' | 'forest' | 'decisions';

/**
 * Leaves out what is too much for one page, the least missed first: what stages made of links, links, then how well faces fit, names, images, identities, which face
 * is in which cluster, and at last the list of clusters. Of several pipelines the first keep theirs. What was left out is said.
 */
export function fitInto(data: ReportData, most = mostBytes): ReportData {
  const bare = data.pipelines.map(({ clusters: _, labels: __, fits: ___, forest: ____, decisions: _____, ...rest }) => rest); // prettier-ignore
  const kept: PipelineData[] = [...bare];
  const whole: { -readonly [Name in keyof ReportData]: ReportData[Name] } = {
    ...data,
    truth: undefined,
    ids: undefined,
    images: undefined,
    pipelines: kept,
  };
  let left = most - bytes(whole);
  /** Parts that found no room, with the pipelines that lack them. */
  const lost = new Map<string, string[]>();
  /** True where there is room for a part. */
  const takes = (part: unknown, words: string, pipeline = ''): boolean => {
    if (part === undefined) return false;
    const size = bytes(part);
    if (size > left) {
      lost.set(words, [...(lost.get(words) ?? []), pipeline]);
      return false;
    }
    left -= size;
    return true;
  };
  const keep = (name: Spare, words: string, needs?: Spare): void =>
    data.pipelines.forEach((pipeline, p) => {
      if (needs !== undefined && kept[p][needs] === undefined) return;
      const part = pipeline[name];
      if (takes(part, words, pipeline.name)) kept[p] = { ...kept[p], [name]: part };
    });
  const keepShared = (name: 'truth' | 'ids' | 'images', words: string): void => {
    if (takes(data[name], words)) Object.assign(whole, { [name]: data[name] });
  };
  keep('clusters', 'the list of clusters ()');
  keep('labels', 'which face is where ()');
  keepShared('truth', 'identities of faces');
  keepShared('ids', 'names of faces');
  keepShared('images', 'images');
  keep('fits', 'how well each face fits ()', 'labels');
  keep('forest', 'links between faces (): "l2c explain" has them', 'labels');
  keep('decisions', 'what stages made of links (): "l2c explain" has it', 'forest');
  const parts = [...lost].map(([words, pipelines]) => words.replace('()', `(${someOf(pipelines)})`));
  const note = `Left out, since a page has room for ${(most / 1e6).toFixed(1)} MB: ${parts.join('; ')}.`;
  return lost.size === 0 ? whole : { ...whole, notes: [...data.notes, note] };
}

/** `a, b, c`, or the first of many and how many more there are. */
function someOf(names: readonly string[]): string {
  return names.length <= mostNamed ? names.join(', ') : `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`; // prettier-ignore
}

/** What a part takes in the page; base64 is not looked through. */
function bytes(part: unknown): number {
  let packed = 0;
  const rest = JSON.stringify(part, (_, value: unknown) => {
    if (!isPacked(value)) return value;
    packed += value.data.length;
    return { ...value, data: '' };
  });
  return packed + Buffer.byteLength(rest);
}

const isPacked = (value: unknown): value is Packed | PackedText =>
  typeof value === 'object' && value !== null && 'data' in value && typeof value.data === 'string' && value.data !== '';

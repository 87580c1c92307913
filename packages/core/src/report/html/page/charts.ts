import uPlot from 'uplot';
import type { CurveData, SimilaritiesData, SizesData } from '../report-data.js';
import { curveText } from './curve-text.js';
import { decimals, element, percent } from './dom.js';

/** Colours by their names in the style sheet: they follow the theme. */
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const faded = (name: string): string => `${colour(name)}33`;

const height = 260;

/** How many clusters there are of each size, both axes logarithmic. */
export function sizesChart({ predicted, truth }: SizesData): HTMLElement {
  const sizes = [...new Set([...predicted, ...(truth ?? [])].map(([size]) => size))].sort((a, b) => a - b);
  const line = (counts: SizesData['predicted']): (number | null)[] => {
    const of = new Map(counts);
    return sizes.map((size) => of.get(size) ?? null);
  };
  // where both are alike, the dot lies in the ring
  const points = (label: string, name: string, point: uPlot.Series.Points): uPlot.Series => ({
    label,
    stroke: colour(name),
    paths: () => null,
    points: { show: true, stroke: colour(name), ...point },
    value: (_, value) => value?.toLocaleString('en') ?? '',
  });
  const dots = points('clusters', 'first', { size: 5, fill: colour('first') });
  const rings = points('identities', 'second', { size: 9, width: 1.5, fill: 'transparent' });
  const series: uPlot.Series[] = [
    { label: 'of size', value: (_, value) => value?.toLocaleString('en') ?? '' },
    dots,
    ...(truth === undefined ? [] : [rings]),
  ];
  const data = [sizes, line(predicted), ...(truth === undefined ? [] : [line(truth)])];
  const most = predicted.reduce((largest, [size]) => Math.max(largest, size), 0);
  return chart('Clusters by size', `The largest cluster has ${most.toLocaleString('en')} faces.`, data, {
    series,
    scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
    axes: [powers(across('faces in a cluster')), powers(up('clusters'))],
  });
}

/** How alike faces are to their own cluster and to the one nearest to it. */
export function similaritiesChart({ low, high, own, other, astray }: SimilaritiesData): HTMLElement {
  const width = (high - low) / own.length;
  const edges = Array.from({ length: own.length + 1 }, (_, i) => low + i * width);
  const steps = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: colour(name),
    fill: faded(name),
    width: 2,
    paths: uPlot.paths.stepped!({ align: 1 }),
    points: { show: false },
    value: (_, value) => (value === null ? '' : percent(value)),
  });
  const summary = `${percent(astray)} of the faces are more like another cluster than like their own.`;
  return chart('Faces by mean cosine with a cluster', summary, [edges, [...own, 0], [...other, 0]], {
    series: [cosineSeries, steps('its own', 'first'), steps('the nearest other', 'second')],
    scales: { x: { time: false } },
    axes: [across('mean cosine'), up('share of faces', shortPercent)],
  });
}

const cosineSeries: uPlot.Series = { label: 'cosine', value: (_, value) => (value === null ? '' : decimals(value)) };
const lineColours = ['first', 'second', 'third', 'fourth', 'fifth'] as const;

/** What other thresholds give; the chosen one is marked. */
export function curveChart(curve: CurveData): HTMLElement {
  const { option, value: chosen, values, lines, plateau } = curve;
  const series = lines.map(({ name }, i): uPlot.Series => ({
    label: name,
    stroke: colour(lineColours[i % lineColours.length]),
    width: 2,
    spanGaps: true,
    points: { size: 4 },
    value: (_, value) => (value === null ? '' : percent(value)),
  }));
  const markPlateau = (plot: uPlot): void => {
    if (plateau === undefined) return;
    const { ctx, bbox } = plot;
    const [left, right] = plateau.map((value) => plot.valToPos(value, 'x', true));
    ctx.fillStyle = faded('fifth');
    ctx.fillRect(left - 1, bbox.top, right - left + 2, bbox.height);
  };
  const markChosen = (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const x = Math.round(plot.valToPos(chosen, 'x', true));
    ctx.save();
    ctx.strokeStyle = colour('text');
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
  return chart(`By ${option}`, curveText(curve), [[...values], ...lines.map((line) => [...line.values])], {
    series: [{ label: option, value: (_, value) => (value === null ? '' : String(value)) }, ...series],
    scales: { x: { time: false }, y: { range: [0, 1] } },
    axes: [across(option), up('', shortPercent)],
    hooks: { drawClear: [markPlateau], draw: [markChosen] },
  });
}

/** `2.5 %`, `100 %`. */
const shortPercent = (value: number): string => `${Number((100 * value).toFixed(1))} %`;

const axis = (label: string): uPlot.Axis => ({
  ...(label !== '' && { label, labelSize: 22, labelGap: 4, labelFont: '13px system-ui, sans-serif' }),
  font: '13px system-ui, sans-serif',
  stroke: colour('soft'),
  grid: { stroke: colour('line'), width: 1 },
  ticks: { stroke: colour('line'), width: 1, size: 6 },
});

const across = (label: string): uPlot.Axis => ({ ...axis(label), size: 34 });

const up = (label: string, format?: (value: number) => string): uPlot.Axis => ({
  ...axis(label),
  size: 62,
  ...(format !== undefined && { values: (_: uPlot, ticks: number[]) => ticks.map(format) }),
});

const isPower = (value: number): boolean => Number.isInteger(Math.log10(value));

/** Of a logarithmic axis: over several powers of ten, lines at those alone. */
function powers(of: uPlot.Axis): uPlot.Axis {
  const filter = (_: uPlot, splits: number[]): (number | null)[] =>
    splits.filter(isPower).length < 3 ? splits : splits.map((value) => (isPower(value) ? value : null));
  return { ...of, grid: { ...of.grid, filter }, ticks: { ...of.ticks, filter } };
}

function chart(
  title: string,
  summary: string,
  data: readonly (readonly (number | null)[])[],
  options: Omit<uPlot.Options, 'width' | 'height'>,
): HTMLElement {
  const holder = element('div', { role: 'img', 'aria-label': `${title}. ${summary}` });
  const figure = element('figure', {}, element('figcaption', {}, element('strong', {}, title), ` ${summary}`), holder);
  let plot: uPlot | undefined;
  // the width is known once the figure is on the page
  new ResizeObserver(() => {
    const width = Math.floor(holder.clientWidth);
    if (width < 50 || width === plot?.width) return;
    if (plot === undefined)
      plot = new uPlot(
        { ...options, width, height, padding: [10, 26, 0, 0] },
        data as unknown as uPlot.AlignedData,
        holder,
      );
    else plot.setSize({ width, height });
  }).observe(holder);
  return figure;
}

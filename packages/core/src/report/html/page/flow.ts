import type { PipelineData, StageData } from '../report-data.js';
import { element } from './dom.js';

/** The stages of a pipeline in the order of the data, with what each was given, took and found. */
export function flow({ stages }: PipelineData): HTMLElement {
  const rounds = stages[stages.length - 1].round;
  return element('ol', { class: 'flow' }, ...stages.map((stage) => card(stage, rounds > 1)));
}

function card(
  { round, kind, stage, options, seconds, peakBytes, cached, counts, facts }: StageData,
  many: boolean,
): HTMLElement {
  const head = element('h4', {}, stage.replace(/^core\//, ''));
  const took = `${seconds.toFixed(2)} s, ${Math.round(peakBytes / 1e6).toLocaleString('en')} MB${cached ? ', from the cache' : ''}`;
  const made = Object.entries(counts).map(([name, value]) => `${value.toLocaleString('en')} ${name}`);
  return element(
    'li',
    {},
    element('p', { class: 'kind' }, many ? `round ${round}, ${kind}` : kind),
    head,
    element('p', {}, made.join(', ')),
    element('p', { class: 'note' }, took),
    pairs('options', options),
    pairs('recorded', facts),
  );
}

function pairs(title: string, values: Readonly<Record<string, unknown>>): HTMLElement | undefined {
  const entries = Object.entries(values);
  if (entries.length === 0) return undefined;
  const list = entries.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, shown(value))]);
  return element('details', {}, element('summary', {}, title), element('dl', {}, ...list));
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'));

import type { ReportData } from '../report-data.js';
import { curveChart, similaritiesChart, sizesChart } from './charts.js';
import { ClusterDialog } from './cluster-dialog.js';
import { clusterList } from './cluster-list.js';
import { agreementSection, comparisonSection } from './comparison.js';
import { count, element, percent, section } from './dom.js';
import { explainForm } from './explain-form.js';
import { failedSection } from './failed.js';
import { flow } from './flow.js';
import { queues, type Openers } from './queues.js';
import { RunModel } from './run-model.js';

async function start(): Promise<void> {
  const data = JSON.parse(document.getElementById('data')!.textContent) as ReportData;
  const model = new RunModel(data);
  const dialog = new ClusterDialog(model);
  const holder = element('div', { id: 'pipeline' });
  let current = 0;

  const render = async (): Promise<void> => {
    holder.replaceChildren(...(await pipelineSections(model, current, dialog)));
  };
  const select = element('select', {
    id: 'chosen',
    onchange: () => {
      current = Number(select.value);
      void render();
    },
  });
  data.pipelines.forEach(({ name }, i) => select.append(element('option', { value: i }, name)));
  const shown = data.pipelines.length > 0;
  const choice = element(
    'p',
    { class: 'choice', hidden: data.pipelines.length === 1 },
    element('label', { for: 'chosen' }, 'Pipeline '),
    select,
  );
  document.body.append(
    element(
      'header',
      { class: 'page' },
      element('h1', {}, data.title),
      element('p', { class: 'note' }, headline(data)),
      element(
        'nav',
        { 'aria-label': 'Sections' },
        ...menu(data).map(([id, title]) => element('a', { href: `#${id}` }, title)),
      ),
    ),
    element(
      'main',
      {},
      ...notes(data),
      failedSection(data) ?? '',
      ...(shown ? [comparisonSection(data)] : []),
      agreementSection(data, (pipeline, cluster) => void dialog.open(pipeline, cluster)) ?? '',
      ...(shown ? [choice, holder] : []),
    ),
    dialog.node,
  );
  if (shown) await render();
  // colours of charts are drawn, not styled
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => void (shown && render()));
  document.documentElement.dataset['ready'] = 'true';
}

/** Sections there are, by id. */
function menu({ pipelines, failed, agreement }: ReportData): (readonly [id: string, title: string])[] {
  const some = pipelines.length > 0;
  return [
    ...(failed.length > 0 ? [['failed', 'Failed'] as const] : []),
    ...(some ? [['comparison', pipelines.length === 1 ? 'Result' : 'Comparison'] as const] : []),
    ...(agreement.length > 0 ? [['agreement', 'Agreement'] as const] : []),
    ...(some ? pipelineMenu : []),
  ];
}

const pipelineMenu = [
  ['stages', 'Stages'],
  ['charts', 'Charts'],
  ['review', 'Look first'],
  ['clusters', 'Clusters'],
  ['explain', 'Explain'],
] as const;

/** `1,200 faces, 2 pipelines, 1 failed, l2c 0.1.0`. */
function headline({ instances, pipelines, failed, l2c }: ReportData): string {
  const faces = pipelines.length === 0 ? [] : [count(instances, 'face'), count(pipelines.length, 'pipeline')];
  return [...faces, ...(failed.length === 0 ? [] : [`${failed.length} failed`]), `l2c ${l2c}`].join(', ');
}

function notes({ notes: all }: ReportData): HTMLElement[] {
  if (all.length === 0) return [];
  return [element('aside', {}, element('ul', {}, ...all.map((note) => element('li', {}, note))))];
}

async function pipelineSections(model: RunModel, pipeline: number, dialog: ClusterDialog): Promise<HTMLElement[]> {
  const data = model.data.pipelines[pipeline];
  const openCluster = (cluster: number): void => void dialog.open(pipeline, cluster);
  const openPair = (a: number, b: number): void => void dialog.openPair(pipeline, a, b);
  const openers: Openers = {
    split: (split) => void dialog.openSplit(pipeline, split),
    two: (clusters) => void dialog.openTwo(pipeline, clusters),
    pair: openPair,
  };
  const charts = [sizesChart(data.sizes), similaritiesChart(data.similarities)];
  if (data.curve !== undefined) charts.push(curveChart(data.curve));
  const singles = data.sizes.predicted.find(([size]) => size === 1)?.[1] ?? 0;
  return [
    section('stages', model.data.pipelines.length === 1 ? 'Stages' : `Stages of ${data.name}`, flow(data)),
    section('charts', 'Charts', element('div', { class: 'charts' }, ...charts)),
    section('review', 'What to look at first', queues(data, openers)),
    section(
      'clusters',
      'Clusters',
      element(
        'p',
        { class: 'note' },
        `${count(singles, 'face')} (${percent(singles / model.data.instances)}) are alone.`,
      ),
      await clusterList(model, pipeline, openCluster),
    ),
    section('explain', 'Explain two faces', explainForm(model, openPair)),
  ];
}

start().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  document.body.append(
    element('main', {}, element('h1', {}, 'This report can not be shown'), element('p', {}, message)),
  );
});

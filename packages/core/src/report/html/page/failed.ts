import type { ReportData } from '../report-data.js';
import { element, section } from './dom.js';

/** Pipelines that have nothing to show: where it failed, why, and the way out. Undefined where there is none. */
export function failedSection({ failed }: ReportData): HTMLElement | undefined {
  if (failed.length === 0) return undefined;
  const list = failed.map(({ name, problems }) =>
    element(
      'article',
      { class: 'failed' },
      element('h3', {}, name),
      ...problems.map(({ code, place, fact, wayOut }) =>
        element(
          'dl',
          {},
          ...entry('where', place),
          ...entry('error', `${fact} (${code})`),
          ...entry('way out', wayOut ?? ''),
        ),
      ),
    ),
  );
  return section('failed', 'Failed', ...list);
}

const entry = (title: string, text: string): HTMLElement[] =>
  text === '' ? [] : [element('dt', {}, title), element('dd', {}, text)];

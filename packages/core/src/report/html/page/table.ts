import { element } from './dom.js';

/** A column of a table over rows of any kind. */
export interface TableColumn<Row> {
  readonly title: string;
  /** What rows are sorted by. */
  readonly value: (row: Row) => number | string;
  readonly cell: (row: Row) => Node | string;
  /** Explains the title to who points at it. */
  readonly hint?: string | undefined;
  readonly best?: (row: Row) => boolean;
}

export interface TableOptions {
  readonly caption: string;
  /** Rows shown at first, and added by each press of a button. */
  readonly page?: number;
  readonly sortedBy?: number;
  readonly descending?: boolean;
}

/** A table that its headings sort; `show` gives it other rows. */
export class SortableTable<Row> {
  readonly node = element('div', { class: 'table-and-hints' });
  private readonly body = element('tbody');
  private readonly heads: HTMLTableCellElement[] = [];
  private readonly more = element('button', { class: 'more', onclick: () => this.extend() });
  private rows: readonly Row[] = [];
  private shown = 0;
  private readonly page: number;
  private sortedBy: number;
  private descending: boolean;

  constructor(
    private readonly columns: readonly TableColumn<Row>[],
    { caption, page = 50, sortedBy = -1, descending = true }: TableOptions,
  ) {
    this.page = page;
    this.sortedBy = sortedBy;
    this.descending = descending;
    const row = element('tr');
    columns.forEach(({ title, hint }, c) => {
      const button = element('button', { onclick: () => this.sort(c), title: hint }, title);
      const head = element('th', { scope: 'col' }, button);
      this.heads.push(head);
      row.append(head);
    });
    const table = element(
      'table',
      {},
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, row),
      this.body,
    );
    this.node.append(
      element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': caption }, table),
      this.more,
      hints(columns) ?? '',
    );
  }

  show(rows: readonly Row[]): void {
    this.rows = this.sorted(rows);
    this.shown = 0;
    this.heads.forEach((head, c) => head.classList.toggle('number', typeof this.firstValue(c) === 'number'));
    this.body.replaceChildren();
    this.extend();
  }

  private sort(column: number): void {
    this.descending = column === this.sortedBy ? !this.descending : typeof this.firstValue(column) === 'number';
    this.sortedBy = column;
    this.show(this.rows);
  }

  private firstValue(column: number): number | string | undefined {
    return this.rows.length === 0 ? undefined : this.columns[column].value(this.rows[0]);
  }

  private sorted(rows: readonly Row[]): readonly Row[] {
    this.heads.forEach((head, c) => {
      if (c === this.sortedBy) head.setAttribute('aria-sort', this.descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    if (this.sortedBy < 0) return rows;
    const { value } = this.columns[this.sortedBy];
    const sign = this.descending ? -1 : 1;
    return [...rows].sort((a, b) => sign * compare(value(a), value(b)));
  }

  private extend(): void {
    const end = Math.min(this.rows.length, this.shown + this.page);
    for (; this.shown < end; this.shown++) this.body.append(this.line(this.rows[this.shown]));
    const left = this.rows.length - this.shown;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(left, this.page)} more of ${left.toLocaleString('en')}`;
    if (this.rows.length === 0)
      this.body.append(element('tr', {}, element('td', { colspan: this.columns.length }, 'Nothing here.')));
  }

  private line(row: Row): HTMLTableRowElement {
    const line = element('tr');
    this.columns.forEach(({ cell, value, best }, c) => {
      const kind = [typeof value(row) === 'number' ? 'number' : '', best?.(row) === true ? 'best' : '']
        .join(' ')
        .trim();
      line.append(
        c === 0 ? element('th', { scope: 'row', class: kind }, cell(row)) : element('td', { class: kind }, cell(row)),
      );
    });
    return line;
  }
}

/** What columns mean, for who can't point at their headings too. */
function hints(columns: readonly Pick<TableColumn<never>, 'title' | 'hint'>[]): HTMLElement | undefined {
  const entries = columns.flatMap(({ title, hint }) =>
    hint === undefined ? [] : [element('dt', {}, title), element('dd', {}, hint)],
  );
  if (entries.length === 0) return undefined;
  return element('details', { class: 'note' }, element('summary', {}, 'What the columns mean'), element('dl', {}, ...entries)); // prettier-ignore
}

/** Numbers by size, what is no number last, texts by letters with the numbers in them by size. */
function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number')
    return (Number.isNaN(a) ? -Infinity : a) - (Number.isNaN(b) ? -Infinity : b) || 0;
  if (typeof a === 'number') return 1;
  if (typeof b === 'number') return -1;
  return a.localeCompare(b, undefined, { numeric: true });
}

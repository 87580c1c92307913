import { StringDecoder } from 'node:string_decoder';
import type { FileHandle } from 'node:fs/promises';
import { problem } from '../errors.js';
import { readChunks } from './input-file.js';

/** What may stand between fields. */
const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

/** One record of a .csv file, cut into fields when they are asked for. */
export interface CsvRecord {
  /** Line of the file it begins on, from 1. */
  readonly line: number;
  /** @throws L2cError E_FILE: text behind a closed quote */
  fields(): string[];
}

/**
 * The records of a .csv file, RFC 4180, those of a chunk at a time: fields may be quoted, and then hold separators, quotes (doubled) and line
 * breaks. A byte order mark and blank lines are passed over. Without a `separator` it is told by the first line.
 *
 * @throws L2cError E_FILE: a quote that is never closed
 */
export async function* csvRecords(
  file: FileHandle,
  size: number,
  path: string,
  separator?: Separator,
): AsyncGenerator<CsvRecord[]> {
  const cutter = new Cutter(path, separator);
  const decoder = new StringDecoder('utf8');
  for await (const chunk of readChunks(file, 0, size, path)) {
    yield cutter.add(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)));
  }
  yield cutter.end(decoder.end());
}

/** Cuts text that comes in pieces into records. */
class Cutter {
  private rest = '';
  /** How far `rest` is known to hold no end of a record; `quoted`: whether that is inside quotes. */
  private scanned = 0;
  private quoted = false;
  private line = 1;
  private begun = false;

  constructor(
    private readonly path: string,
    private separator: Separator | undefined,
  ) {}

  add(text: string): CsvRecord[] {
    if (!this.begun && text !== '') {
      this.begun = true;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    const records: CsvRecord[] = [];
    const rest = this.rest + text;
    let start = 0;
    let quote = rest.indexOf('"', this.scanned);
    for (let end = rest.indexOf('\n', this.scanned); end >= 0; end = rest.indexOf('\n', end + 1)) {
      for (; quote >= 0 && quote < end; quote = rest.indexOf('"', quote + 1)) this.quoted = !this.quoted;
      if (this.quoted) continue;
      this.take(rest.slice(start, end), records);
      start = end + 1;
    }
    for (; quote >= 0; quote = rest.indexOf('"', quote + 1)) this.quoted = !this.quoted;
    this.rest = rest.slice(start);
    this.scanned = this.rest.length;
    return records;
  }

  end(text: string): CsvRecord[] {
    const records = this.add(text);
    if (this.quoted) refuse(this.path, this.line, 'a quote is opened and never closed');
    this.take(this.rest, records);
    return records;
  }

  private take(record: string, records: CsvRecord[]): void {
    const text = record.endsWith('\r') ? record.slice(0, -1) : record;
    const { line, path } = this;
    this.line += 1 + (text.includes('"') ? text.split('\n').length - 1 : 0);
    if (text === '') return;
    const separator = (this.separator ??= likeliest(text));
    records.push({ line, fields: () => cut(text, separator, path, line) });
  }
}

function cut(text: string, separator: Separator, path: string, line: number): string[] {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let end: number;
    if (text[at] === '"') {
      let close = text.indexOf('"', at + 1);
      while (text[close + 1] === '"') close = text.indexOf('"', close + 2);
      fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
      end = close + 1;
      if (end < text.length && text[end] !== separator) refuse(path, line, 'there is text behind a closed quote');
    } else {
      end = text.indexOf(separator, at);
      if (end < 0) end = text.length;
      fields.push(text.slice(at, end));
    }
    if (end >= text.length) return fields;
    at = end;
  }
}

function refuse(path: string, line: number, fact: string): never {
  throw problem('E_FILE', `${path}:${line}`, fact, 'a quote inside quotes is written twice');
}

/**
 * The separator that a line has most of outside quotes; of equal ones the comma. Where semicolons separate, each field may hold a decimal
 * comma.
 */
function likeliest(line: string): Separator {
  const bare = line.replaceAll(/"[^"]*"/g, '');
  const [commas, semicolons, tabs] = separators.map((separator) => bare.split(separator).length - 1);
  if (tabs > Math.max(commas, semicolons)) return '\t';
  return semicolons > 0 && commas <= semicolons + 1 ? ';' : ',';
}

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { L2cError, problem } from '../errors.js';
import { spellControls } from '../spell-controls.js';

export type Path = readonly (string | number)[];

/** `--set PATH=VALUE`, taken apart. */
export interface Setting {
  readonly path: Path;
  readonly value: unknown;
  /** As the user wrote it, for messages. */
  readonly text: string;
}

/** A pipeline file as plain values that still know their places. */
export interface PipelineDocument {
  /** Absolute path of the file. */
  readonly file: string;
  readonly value: unknown;
  readonly settings: readonly Setting[];
  /** `file:line:column dotted.path`, of the value at a path or, with `key`, of the name in front of it. */
  placeOf(path: Path, key?: boolean): string;
}

/** Reads YAML 1.2 with anchors and merge keys. Throws an L2cError E_YAML with every syntax error and its place. */
export function readPipelineDocument(file: string, settings: readonly string[] = []): PipelineDocument {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const fact = absent ? 'no such file' : `can't be read: ${(cause as Error).message}`;
    throw problem(
      'E_FILE',
      file,
      fact,
      'give the path of a pipeline file; docs/pipelines.md says how to write one',
      cause,
    );
  }
  return parsePipelineDocument(text, file, settings);
}

/** Errors of syntax that are shown, and characters of each: what is no YAML at all has one a line. */
const [mostErrors, mostCharacters] = [10, 200];

/** Control characters, and what stands for bytes that are no UTF-8: YAML has neither. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const isBinary = (text: string): boolean => /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text);

/** Like {@link readPipelineDocument}, from text; `file` is where it claims to come from. */
export function parsePipelineDocument(text: string, file: string, settings: readonly string[] = []): PipelineDocument {
  if (isBinary(text)) {
    const wayOut = 'give a pipeline file, in UTF-8; docs/pipelines.md says how to write one';
    throw problem('E_YAML', shortName(file), 'is no text', wayOut);
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true });
  const name = shortName(file);
  const at = (offset: number): string => {
    const { line, col } = counter.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const shown = document.errors.slice(0, mostErrors);
    const more = document.errors.length - shown.length;
    throw new L2cError(
      shown.map((error, i) => ({
        code: 'E_YAML' as const,
        place: at(error.pos[0]),
        fact: error.message.split(' at line ')[0].split('\n')[0].slice(0, mostCharacters),
        wayOut: more > 0 && i === shown.length - 1 ? `mend the YAML; ${more} more are not shown` : 'mend the YAML',
      })),
    );
  }
  const parsed = settings.map(parseSetting);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 1000 });
  } catch (cause) {
    throw problem(
      'E_YAML',
      name,
      `its aliases can't be resolved: ${(cause as Error).message}`,
      'write the values out',
      cause,
    );
  }
  return {
    file,
    value: value ?? {},
    settings: parsed,
    placeOf(path, key = false) {
      const dotted = path.join('.');
      const setting = parsed.find(
        (entry) =>
          startsWith(path, entry.path) ||
          (entry.path.length > path.length &&
            startsWith(entry.path, path) &&
            offsetOf(document, path, key) === undefined),
      );
      if (setting !== undefined) return `--set ${setting.text}`;
      for (let length = path.length; length >= 0; length--) {
        const offset = offsetOf(document, path.slice(0, length), key && length === path.length);
        if (offset !== undefined) return dotted === '' ? at(offset) : `${at(offset)} ${dotted}`;
      }
      return `${name} ${dotted}`;
    },
  };
}

/** A path for people: relative to the working directory where that is shorter. */
export function shortName(file: string): string {
  const near = relative(process.cwd(), file);
  return spellControls(near !== '' && near.length < file.length ? near : file);
}

function parseSetting(text: string): Setting {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw problem('E_USAGE', `--set ${text}`, 'is not PATH=VALUE', 'for instance --set deoverlapper.maxIou=0.5');
  const path = splitPath(text.slice(0, equals));
  if (path.some((segment) => ['', '__proto__', 'constructor', 'prototype'].includes(segment))) {
    throw problem(
      'E_USAGE',
      `--set ${text}`,
      'has an impossible name in its path',
      'dots separate the keys of the pipeline file',
    );
  }
  try {
    const value: unknown = parse(text.slice(equals + 1));
    return { path: path.map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment)), value, text };
  } catch (cause) {
    throw problem('E_USAGE', `--set ${text}`, 'its value is not YAML', 'quote it', cause);
  }
}

/** Dots separate keys; under `tune.grid` a key is itself a path. */
function splitPath(written: string): string[] {
  const grid = 'tune.grid.';
  return written.startsWith(grid) ? ['tune', 'grid', written.slice(grid.length)] : written.split('.');
}

const startsWith = (path: Path, prefix: Path): boolean =>
  prefix.length <= path.length && prefix.every((segment, i) => String(segment) === String(path[i]));

/** Where a node, or the key in front of it, begins; undefined where the document has none. Follows aliases and `<<`. */
function offsetOf(document: Document, path: Path, key: boolean): number | undefined {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0];
  for (const [depth, segment] of path.entries()) {
    const resolved: Node | undefined | null = isAlias(node) ? node.resolve(document) : node;
    if (isMap(resolved)) {
      const pair = findPair(document, resolved.items as Pair<Node, Node | null>[], String(segment));
      if (pair === undefined) return undefined;
      node = pair.value;
      offset = key && depth === path.length - 1 ? pair.key.range?.[0] : (node?.range?.[0] ?? pair.key.range?.[0]);
    } else if (isSeq(resolved)) {
      node = (resolved.items[Number(segment)] as Node | undefined) ?? null;
      if (node === null) return undefined;
      offset = node.range?.[0];
    } else return undefined;
  }
  return offset;
}

function findPair(
  document: Document,
  items: readonly Pair<Node, Node | null>[],
  name: string,
): Pair<Node, Node | null> | undefined {
  const own = items.find((pair) => isScalar(pair.key) && String(pair.key.value) === name);
  if (own !== undefined) return own;
  for (const pair of items) {
    if (!isScalar(pair.key) || pair.key.source !== '<<') continue;
    const merged = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const map = isAlias(source) ? source.resolve(document) : source;
      const found = isMap(map) ? findPair(document, map.items as Pair<Node, Node | null>[], name) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

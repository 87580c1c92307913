import { visibleLength } from './screen.js';

/** How far what follows of a line stands in from its beginning. */
const hanging = 4;

/**
 * Breaks lines that are too wide between words, what follows hanging under the beginning. Words are never broken, so that paths can be
 * copied: one that is wider than the screen is left to it.
 */
export function fitLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (visibleLength(line) <= width ? line : broken(line, width)))
    .join('\n');
}

function broken(line: string, width: number): string {
  const start = /^\s*/.exec(line)![0];
  const indent = start.length + hanging < width / 2 ? `${start}${' '.repeat(hanging)}` : '';
  const lines: string[] = [];
  let current = start;
  let empty = true;
  for (const [, space, word] of line.slice(start.length).matchAll(/(\s*)(\S+)/g)) {
    if (!empty && visibleLength(current) + space.length + visibleLength(word) > width) {
      lines.push(current);
      current = `${indent}${word}`;
      continue;
    }
    current += empty ? word : `${space}${word}`;
    empty = false;
  }
  return [...lines, current].join('\n');
}

/** A text no wider than that, its middle left out: names often differ at their ends. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const end = Math.floor(kept / 2);
  return `${text.slice(0, kept - end)}…${text.slice(text.length - end)}`;
}

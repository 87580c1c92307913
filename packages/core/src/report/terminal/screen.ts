import { stripVTControlCharacters, styleText } from 'node:util';

/** What text is laid out for: a terminal, or a file or pipe, which has no width. */
export interface Screen {
  /** Characters a line; Infinity where lines have no end. */
  readonly width: number;
  readonly colours: boolean;
}

/** Lines as they are, without colour. */
export const plainScreen: Screen = { width: Infinity, colours: false };

/** A terminal as wide as it is now. It has colours unless NO_COLOR, NODE_DISABLE_COLORS or TERM=dumb is set. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  if (stream.isTTY !== true) return plainScreen;
  return { width: stream.columns || 80, colours: stream.hasColors() };
}

export type Style = 'best' | 'failed' | 'warning' | 'soft';

const formats = {
  best: ['bold', 'green'],
  failed: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  soft: ['dim'],
} as const satisfies Record<Style, readonly string[]>;

/** The text in a style, where there are colours. */
export const paint = (text: string, style: Style, { colours }: Screen): string =>
  colours ? styleText([...formats[style]], text, { validateStream: false }) : text;

/** Characters that a text takes on a terminal: colours take none. */
export const visibleLength = (text: string): number => stripVTControlCharacters(text).length;

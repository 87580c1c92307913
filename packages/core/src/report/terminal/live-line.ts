import { fitLines } from './fit-lines.js';
import { paint, screenOf, type Screen } from './screen.js';

const clearLine = '\r\u001b[2K';

/** The last line of a terminal, written over as work goes on; all other lines go above it. A file or pipe gets those alone. */
export class LiveLine {
  private live = '';

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** As it is now: windows change. */
  get screen(): Screen {
    return screenOf(this.stream);
  }

  /** True where there is one to see. */
  get isLive(): boolean {
    return this.stream.isTTY === true;
  }

  /** Shows a text in place of the last; it must fit, see {@link screen}. */
  show(text: string): void {
    if (!this.isLive) return;
    this.live = text;
    this.stream.write(`${clearLine}${text}`);
  }

  /** Writes lines that stay. */
  print(text: string): void {
    const lines = `${fitLines(text, this.screen.width)}\n`;
    this.stream.write(this.live === '' ? lines : `${clearLine}${lines}${this.live}`);
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.live !== '') this.stream.write(clearLine);
    this.live = '';
  }

  warn(message: string): void {
    this.print(`${paint('warning:', 'warning', this.screen)} ${message}`);
  }
}

import { Writable } from 'node:stream';

/** A terminal of so many columns that keeps what is on it: `\r`, clearing of a line and colours are all it understands. */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  private readonly done: string[] = [];
  private line = '';
  /** The widest that its last line ever was. */
  widest = 0;

  constructor(
    public columns: number,
    private readonly coloured = false,
  ) {
    super();
  }

  hasColors(): boolean {
    return this.coloured;
  }

  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  get lines(): string[] {
    return [...this.done, ...(this.line === '' ? [] : [this.line])];
  }

  override write(text: string): boolean {
    // eslint-disable-next-line no-control-regex -- that is how a line is cleared
    for (const piece of text.split(/(\r\u001b\[2K|\n)/)) {
      if (piece === '\n') {
        this.done.push(this.line);
        this.line = '';
      } else if (piece === '\r\u001b[2K') this.line = '';
      else this.line += piece;
      this.widest = Math.max(this.widest, this.line.length);
    }
    return true;
  }
}

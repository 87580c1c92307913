import { problem, type L2cError } from '../errors.js';

/** A longer number than this is no number of an array or a checkpoint. */
const maxNumberLength = 1000;

/** The bytes of a pickle and a position in them; every read is checked against the end. */
export class PickleReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    private readonly place: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  damaged(fact: string): L2cError {
    return problem(
      'E_FILE',
      this.place,
      `is a damaged pickle: ${fact} at byte ${this.at}`,
      'copy or write the file again',
    );
  }

  /** Moves on by `length` bytes and returns where they start. */
  skip(length: number): number {
    if (length < 0 || this.at + length > this.bytes.length)
      throw this.damaged(`${length} bytes announced beyond its end`);
    this.at += length;
    return this.at - length;
  }

  byte(): number {
    return this.view.getUint8(this.skip(1));
  }

  uint16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** Lengths beyond 2^53 lose digits, but are far beyond any file. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  float64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  /** A view, no copy. */
  slice(length: number): Uint8Array {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number, encoding: 'utf8' | 'latin1'): string {
    const start = this.skip(length);
    try {
      return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString(encoding);
    } catch {
      throw this.damaged(`a text of ${length} bytes`);
    }
  }

  /** Up to the next newline, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end === -1) throw this.damaged('an unfinished line');
    const text = this.text(end - this.at, 'latin1');
    this.at++;
    return text;
  }

  /** A decimal integer as Python prints it, with or without `L`; `00` and `01` are the old booleans where `booleans` asks so. */
  decimal(booleans: boolean): number | bigint | boolean {
    const text = this.line().trim();
    if (booleans && (text === '00' || text === '01')) return text === '01';
    const digits = text.replace(/L$/, '');
    if (digits.length > maxNumberLength || !/^[-+]?\d+$/.test(digits)) throw this.damaged('no integer');
    return narrow(BigInt(digits.replace(/^\+/, '')));
  }

  /** A little-endian two's complement integer of any length. */
  long(length: number): number | bigint {
    if (length > maxNumberLength) throw this.damaged(`an integer of ${length} bytes`);
    const bytes = this.slice(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return narrow(BigInt.asIntN(8 * length, value));
  }
}

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The text within a Python string literal: quotes, octal and hexadecimal escapes; undefined where it is none. */
export function unquote(literal: string): string | undefined {
  const inner = /^(['"])([^]*)\1$/.exec(literal.trim())?.[2];
  const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };
  return inner?.replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[^])/g, (_, escape: string) => {
    if (/^x./.test(escape)) return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(parseInt(escape, 8) & 255);
    return named[escape] ?? (`'"\\`.includes(escape) ? escape : `\\${escape}`);
  });
}

/** Text in Python's raw-unicode-escape. */
export function unescapeUnicode(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short?: string, long?: string) => {
    const point = parseInt(short ?? long!, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

import { problem } from '../errors.js';
import { PickleReader, unescapeUnicode, unquote } from './pickle-reader.js';

/** A class or function that a pickle names. It is never looked up, let alone called. */
export interface PickleGlobal {
  readonly kind: 'global';
  /** Module and name, as in `torch._utils _rebuild_tensor_v2`. */
  readonly global: string;
}

/** What Python would build by calling `callable` with `args`, then setting `state` and adding `items` and `entries`. Here: data. */
export interface PickleObject {
  readonly kind: 'object';
  /** The global that would be called; '' where it is no global but another value (see `callable`). */
  readonly global: string;
  readonly callable: PickleValue;
  readonly args: readonly PickleValue[];
  state?: PickleValue;
  items?: PickleValue[];
  entries?: Map<PickleValue, PickleValue>;
}

/** A reference to something outside the pickle, such as a storage of torch. */
export interface PicklePersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

/** Lists and tuples are arrays, dicts Maps, bytes Uint8Arrays, Python 2 strings latin-1 text, integers beyond 2^53 bigints. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleObject
  | PicklePersistent;

/** Containers a pickle may make, a dict or set counted eightfold: bounds the memory that a short pickle can ask for. */
const maxContainers = 2 ** 26;
const maxStack = 2 ** 22;
/** How far a memo index may run ahead of the entries there are. Picklers number them one by one. */
const maxMemoGap = 2 ** 16;

/**
 * Parses one pickle of protocol 0 to 5 that starts at `start`, as data: names stay names and nothing is ever called. Returns the value
 * and the position after it. E_FILE where it is damaged, asks for extension codes or outside buffers, or for too much memory.
 * O(bytes), not recursive. A value may hold itself.
 */
export function parsePickle(bytes: Uint8Array, place: string, start = 0): { value: PickleValue; end: number } {
  return new PickleMachine(new PickleReader(bytes, start, place), place).run();
}

class PickleMachine {
  private readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo: (PickleValue | undefined)[] = [];
  private containers = 0;

  constructor(
    private readonly reader: PickleReader,
    private readonly place: string,
  ) {}

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = this.reader.byte();
      if (opcode === 0x2e) return { value: this.pop(), end: this.reader.at }; // STOP
      this.step(opcode);
      if (this.stack.length > maxStack) throw this.refuse(`keeps more than ${maxStack} values waiting`);
    }
  }

  /** One instruction. Comments name the opcodes as Python's pickletools does. */
  private step(opcode: number): void {
    const { reader } = this;
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.byte() > 5) throw this.refuse('is of a protocol later than 5');
        return;
      case 0x95: // FRAME
        reader.uint64();
        return;
      case 0x28: // MARK
        this.marks.push(this.stack.length);
        if (this.marks.length > maxStack) throw this.refuse('nests too deep');
        return;
      case 0x30: // POP
        if (this.marks.at(-1) === this.stack.length) this.marks.pop();
        else this.pop();
        return;
      case 0x31: // POP_MARK
        this.popMark();
        return;
      case 0x32: // DUP
        return this.push(this.top());
      case 0x4e: // NONE
        return this.push(null);
      case 0x88: // NEWTRUE
        return this.push(true);
      case 0x89: // NEWFALSE
        return this.push(false);
      case 0x49: // INT
        return this.push(reader.decimal(true));
      case 0x4c: // LONG
        return this.push(reader.decimal(false));
      case 0x4a: // BININT
        return this.push(reader.int32());
      case 0x4b: // BININT1
        return this.push(reader.byte());
      case 0x4d: // BININT2
        return this.push(reader.uint16());
      case 0x8a: // LONG1
        return this.push(reader.long(reader.byte()));
      case 0x8b: // LONG4
        return this.push(reader.long(reader.uint32()));
      case 0x46: // FLOAT
        return this.push(parseFloat(reader.line().replace(/inf/i, 'Infinity')));
      case 0x47: // BINFLOAT
        return this.push(reader.float64());
      case 0x53: // STRING
        return this.push(unquote(reader.line()) ?? this.fail('no string'));
      case 0x54: // BINSTRING
        return this.push(reader.text(reader.int32(), 'latin1'));
      case 0x55: // SHORT_BINSTRING
        return this.push(reader.text(reader.byte(), 'latin1'));
      case 0x56: // UNICODE
        return this.push(unescapeUnicode(reader.line()));
      case 0x58: // BINUNICODE
        return this.push(reader.text(reader.uint32(), 'utf8'));
      case 0x8c: // SHORT_BINUNICODE
        return this.push(reader.text(reader.byte(), 'utf8'));
      case 0x8d: // BINUNICODE8
        return this.push(reader.text(reader.uint64(), 'utf8'));
      case 0x42: // BINBYTES
        return this.push(reader.slice(reader.uint32()));
      case 0x43: // SHORT_BINBYTES
        return this.push(reader.slice(reader.byte()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.push(reader.slice(reader.uint64()));
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return this.push(this.made([]));
      case 0x6c: // LIST
      case 0x74: // TUPLE
        return this.push(this.made(this.popMark()));
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.push(this.made(this.popMany(opcode - 0x84)));
      case 0x7d: // EMPTY_DICT
        return this.push(this.made(new Map()));
      case 0x64: // DICT
        return this.push(setPairs(this.made(new Map<PickleValue, PickleValue>()), this.pairs()));
      case 0x8f: // EMPTY_SET
        return this.push(this.made(new Set()));
      case 0x91: // FROZENSET
        return this.push(this.made(new Set(this.popMark())));
      case 0x61: // APPEND
        return this.addItems([this.pop()]);
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        return this.addItems(this.popMark());
      case 0x73: // SETITEM
        return this.setItems(this.popMany(2));
      case 0x75: // SETITEMS
        return this.setItems(this.pairs());
      case 0x67: // GET
        return this.get(Number(reader.decimal(false)));
      case 0x68: // BINGET
        return this.get(reader.byte());
      case 0x6a: // LONG_BINGET
        return this.get(reader.uint32());
      case 0x70: // PUT
        return this.put(Number(reader.decimal(false)));
      case 0x71: // BINPUT
        return this.put(reader.byte());
      case 0x72: // LONG_BINPUT
        return this.put(reader.uint32());
      case 0x94: // MEMOIZE
        return this.put(this.memo.length);
      case 0x50: // PERSID
        return this.push({ kind: 'persistent', id: reader.line() });
      case 0x51: // BINPERSID
        return this.push({ kind: 'persistent', id: this.pop() });
      case 0x63: // GLOBAL
        return this.push(this.global(reader.line(), reader.line()));
      case 0x93: // STACK_GLOBAL
        return this.push(this.global(...(this.popMany(2) as [PickleValue, PickleValue])));
      case 0x69: // INST
        return this.pushObject(this.global(reader.line(), reader.line()), this.popMark());
      case 0x6f: {
        // OBJ
        const [callable = this.fail('an object of no class'), ...args] = this.popMark();
        return this.pushObject(callable, args);
      }
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        return this.pushCall(this.popMany(2));
      case 0x92: // NEWOBJ_EX
        return this.pushCall(this.popMany(3));
      case 0x62: // BUILD
        return this.build();
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw this.refuse('uses extension codes');
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw this.refuse('keeps its data outside of itself');
      default:
        reader.at--;
        this.fail(`unknown instruction 0x${opcode.toString(16)}`);
    }
  }

  private fail(fact: string): never {
    throw this.reader.damaged(fact);
  }

  private refuse(fact: string) {
    return problem('E_FILE', this.place, `its pickle ${fact}`, 'save it again as plain arrays');
  }

  private push(value: PickleValue): void {
    this.stack.push(value);
  }

  private top(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail('nothing on the stack');
    return this.stack.at(-1)!;
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.length--;
    return value;
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length - count < (this.marks.at(-1) ?? 0)) this.fail('too little on the stack');
    return this.stack.splice(this.stack.length - count);
  }

  private popMark(): PickleValue[] {
    return this.stack.splice(this.marks.pop() ?? this.fail('no mark'));
  }

  private pairs(): PickleValue[] {
    const flat = this.popMark();
    return flat.length % 2 === 0 ? flat : this.fail('a key without a value');
  }

  private made<T extends PickleValue>(container: T): T {
    this.containers += Array.isArray(container) || (container as PickleObject).kind === 'object' ? 1 : 8;
    if (this.containers > maxContainers) throw this.refuse('holds too many objects');
    return container;
  }

  private addItems(items: PickleValue[]): void {
    const target = this.top();
    if (target instanceof Set) for (const item of items) target.add(item);
    else {
      const list = Array.isArray(target)
        ? target
        : isObject(target)
          ? (target.items ??= this.made([]))
          : this.fail('items for no list');
      for (const item of items) list.push(item);
    }
  }

  private setItems(flat: PickleValue[]): void {
    const target = this.top();
    if (target instanceof Map) setPairs(target, flat);
    else if (isObject(target)) setPairs((target.entries ??= this.made(new Map<PickleValue, PickleValue>())), flat);
    else this.fail('entries for no dict');
  }

  private get(index: number): void {
    this.push(this.memo[index] ?? this.fail(`no memo ${index}`));
  }

  private put(index: number): void {
    if (!(index >= 0 && index <= this.memo.length + maxMemoGap)) this.fail(`memo ${index} out of turn`);
    while (this.memo.length < index) this.memo.push(undefined);
    this.memo[index] = this.top();
  }

  private global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') return this.fail('a name that is no text');
    return { kind: 'global', global: `${module} ${name}` };
  }

  /** [callable, args] or [callable, args, keyword arguments]. */
  private pushCall([callable, args, keywords]: PickleValue[]): void {
    if (!Array.isArray(args)) this.fail('arguments that are no tuple');
    this.pushObject(callable, keywords === undefined ? args : [...args, keywords]);
  }

  private pushObject(callable: PickleValue, args: readonly PickleValue[]): void {
    const global = isGlobal(callable) ? callable.global : '';
    this.push(this.made({ kind: 'object', global, callable, args } satisfies PickleObject));
  }

  private build(): void {
    const state = this.pop();
    const target = this.top();
    if (!isObject(target)) this.fail('a state for no object');
    target.state = state;
  }
}

function setPairs(map: Map<PickleValue, PickleValue>, flat: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  for (let i = 0; i < flat.length; i += 2) map.set(flat[i], flat[i + 1]);
  return map;
}

function tagged(value: PickleValue | undefined, kind: 'global' | 'object' | 'persistent'): boolean {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}

export function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return tagged(value, 'global');
}

/** With `global`, only what would be built by that. */
export function isObject(value: PickleValue | undefined, global?: string): value is PickleObject {
  return tagged(value, 'object') && (global === undefined || (value as PickleObject).global === global);
}

export function isPersistent(value: PickleValue | undefined): value is PicklePersistent {
  return tagged(value, 'persistent');
}

import { problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import { readFileBytes } from './input-file.js';
import { isGlobal, isObject, isPersistent, parsePickle, type PickleValue } from './pickle.js';
import { storageElementBytes, toTensor, type FindStorage } from './torch-tensors.js';
import { extractZip, listZip } from './zip.js';
import { isZip } from './zip-directory.js';

/** Under which keys checkpoints keep the state dict; mmcv and most others use the first. */
const stateKeys = ['state_dict', 'model_state_dict', 'model'];
/** First pickle of the format that torch wrote before 1.6. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;

/** Reads the tensors of a checkpoint that `torch.save` wrote: see {@link parsePth}. */
export async function readPth(path: string): Promise<Map<string, Tensor>> {
  return parsePth(await readFileBytes(path), path);
}

/**
 * The named tensors of a torch checkpoint, as float32, in the file's order: zip containers and the older format of pickles in a row; a plain
 * state dict, or one within `{meta, state_dict, optimizer}`; `module.` before names is taken off. The pickle is parsed as data,
 * nothing in it is called. E_FILE where it is damaged or no state dict.
 */
export function parsePth(bytes: Uint8Array, place: string): Map<string, Tensor> {
  const { root, find } = isZip(bytes) ? openZip(bytes, place) : openLegacy(bytes, place);
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of stateEntries(root, place)) {
    if (typeof key !== 'string') continue;
    const tensor = toTensor(value, find, `${place} ${key}`);
    if (tensor !== undefined) tensors.set(key.replace(/^(module\.)+/, ''), tensor);
  }
  if (tensors.size === 0) throw problem('E_FILE', place, 'holds no tensors', 'save the state_dict() of the model');
  return tensors;
}

interface Checkpoint {
  readonly root: PickleValue;
  readonly find: FindStorage;
}

function stateEntries(root: PickleValue, place: string): Map<PickleValue, PickleValue> {
  const top = mapping(root);
  if (top === undefined) {
    const what = isObject(root) ? `a pickled ${root.global.replace(' ', '.')}` : 'no dictionary';
    throw problem(
      'E_FILE',
      place,
      `holds ${what}, not a state dict`,
      'in Python, torch.save(model.state_dict(), path)',
    );
  }
  for (const key of stateKeys) {
    const inner = mapping(top.get(key));
    if (inner !== undefined) return inner;
  }
  return top;
}

/** A dict, or an OrderedDict or the like that got its entries after it was made. */
function mapping(value: PickleValue | undefined): Map<PickleValue, PickleValue> | undefined {
  if (value instanceof Map) return value;
  return isObject(value) && /\b(OrderedDict|defaultdict|dict)$/.test(value.global)
    ? (value.entries ?? new Map())
    : undefined;
}

/** ARCHIVE/data.pkl, and one member ARCHIVE/data/KEY for each storage. */
function openZip(bytes: Uint8Array, place: string): Checkpoint {
  const entries = listZip(bytes, place);
  const main = entries.find((entry) => /(^|\/)data\.pkl$/.test(entry.name));
  if (main === undefined)
    throw problem('E_FILE', place, 'is a zip container without data.pkl', 'write it with torch.save');
  const archive = main.name.slice(0, -'data.pkl'.length);
  const order = entries.find((entry) => entry.name === `${archive}byteorder`);
  if (
    order !== undefined &&
    Buffer.from(extractZip(bytes, order, place))
      .toString()
      .trim() !== 'little'
  ) {
    throw problem('E_FILE', place, 'was written on a big-endian machine', 'load and save it on another');
  }
  const members = new Map(entries.map((entry) => [entry.name, entry]));
  const cache = new Map<string, Uint8Array>();
  return {
    root: parsePickle(extractZip(bytes, main, place), place).value,
    find(id) {
      const name = `${archive}data/${storageKey(id[2], place)}`;
      const entry = members.get(name);
      if (entry === undefined) throw problem('E_FILE', place, `has no member ${name}`, 'copy or write the file again');
      if (!cache.has(name)) cache.set(name, extractZip(bytes, entry, place));
      return cache.get(name)!;
    },
  };
}

/** Pickles in a row: magic number, protocol, facts on the machine, the object, the keys of its storages; then the storages themselves. */
function openLegacy(bytes: Uint8Array, place: string): Checkpoint {
  const refuse = () =>
    problem(
      'E_FILE',
      place,
      'is no checkpoint of torch.save',
      'save the state_dict() of the model with torch 0.4 or later',
    );
  if (bytes[0] !== 0x80) throw refuse();
  const magic = parsePickle(bytes, place);
  if (magic.value !== legacyMagic) throw refuse();
  const protocol = parsePickle(bytes, place, magic.end);
  if (protocol.value !== legacyProtocol) throw refuse();
  const system = parsePickle(bytes, place, protocol.end);
  if (system.value instanceof Map && system.value.get('little_endian') === false) {
    throw problem('E_FILE', place, 'was written on a big-endian machine', 'load and save it on another');
  }
  const root = parsePickle(bytes, place, system.end);
  const keys = parsePickle(bytes, place, root.end);
  if (!Array.isArray(keys.value)) throw refuse();
  const widths = storageWidths(root.value, place);
  const storages = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = keys.end;
  for (const value of keys.value) {
    const key = storageKey(value, place);
    const width = widths.get(key);
    const count = at + 8 <= bytes.length ? Number(view.getBigInt64(at, true)) : NaN;
    if (width === undefined) throw problem('E_FILE', place, `storage ${key} belongs to no tensor`, 'save it again');
    if (!(count >= 0 && at + 8 + count * width <= bytes.length)) {
      throw problem('E_FILE', place, `is cut short within storage ${key}`, 'copy or write the file again');
    }
    storages.set(key, bytes.subarray(at + 8, at + 8 + count * width));
    at += 8 + count * width;
  }
  return {
    root: root.value,
    find([, type, key, , , part]) {
      const whole = storages.get(storageKey(key, place));
      if (whole === undefined)
        throw problem('E_FILE', place, `has no storage ${storageKey(key, place)}`, 'copy or write the file again');
      if (!Array.isArray(part)) return whole;
      const width = (isGlobal(type) ? storageElementBytes(type.global) : undefined) ?? 1;
      const [, offset, size] = part;
      if (!isCount(offset) || !isCount(size)) throw problem('E_FILE', place, 'has a view of a storage without extent');
      return whole.subarray(offset * width, (offset + size) * width);
    },
  };
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Text in all known versions; numbers are taken as well. */
function storageKey(value: PickleValue | undefined, place: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return `${value}`;
  throw problem('E_FILE', place, 'names a storage by other than text', 'copy or write the file again');
}

/** Bytes per element of each storage a value refers to. Walks without recursion, each object once. */
function storageWidths(root: PickleValue, place: string): Map<string, number> {
  const widths = new Map<string, number>();
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop() as PickleValue | undefined;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || seen.has(value)) continue;
    seen.add(value);
    if (isPersistent(value)) {
      const id = value.id;
      if (Array.isArray(id) && isGlobal(id[1])) {
        const width = storageElementBytes(id[1].global);
        if (width !== undefined) widths.set(storageKey(id[2], place), width);
      }
    } else if (Array.isArray(value) || value instanceof Set) for (const item of value) open.push(item);
    else if (value instanceof Map) for (const [key, item] of value) open.push(key, item);
    else if (isObject(value)) open.push(value.args, value.state, value.items, value.entries);
  }
  return widths;
}

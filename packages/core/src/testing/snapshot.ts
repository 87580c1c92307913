/** Every number, string and typed array inside a value, by its path: typed arrays as copies of their bytes. */
export type Snapshot = ReadonlyMap<string, Uint8Array | string>;

/** Copies what a value holds, so that a later copy tells whether anything was written to. */
export function snapshot(value: unknown): Snapshot {
  const parts = new Map<string, Uint8Array | string>();
  visit(value, '', parts, new Set());
  return parts;
}

/** The paths at which two snapshots differ, in the order of the first; empty where they are equal byte by byte. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => !same(before.get(path), after.get(path)));
}

function same(a: Uint8Array | string | undefined, b: Uint8Array | string | undefined): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
  return Buffer.compare(a, b) === 0;
}

function visit(value: unknown, path: string, parts: Map<string, Uint8Array | string>, above: Set<unknown>): void {
  if (ArrayBuffer.isView(value)) {
    parts.set(path, Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
  } else if (typeof value !== 'object' || value === null) {
    if (typeof value !== 'function') parts.set(path, Object.is(value, -0) ? '-0' : String(value));
  } else if (!above.has(value)) {
    above.add(value);
    const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
    parts.set(path, `${value.constructor?.name ?? 'object'} of ${entries.length}`);
    for (const [key, part] of entries) visit(part, path === '' ? String(key) : `${path}.${String(key)}`, parts, above);
    above.delete(value);
  }
}

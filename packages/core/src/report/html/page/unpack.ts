import type { Packed, PackedText } from '../report-data.js';

const types = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array } as const;

/** Integers of a packed array. */
export async function unpackIntegers({ type, length, data }: Packed): Promise<Uint8Array | Uint16Array | Int32Array> {
  const turned = await inflate(data);
  const values = new types[type](length);
  const bytes = new Uint8Array(values.buffer);
  const width = values.BYTES_PER_ELEMENT;
  for (let b = 0, at = 0; b < width; b++) for (let i = b; i < bytes.length; i += width) bytes[i] = turned[at++];
  return values;
}

/** Reals of a packed array, to the precision they were packed with. */
export async function unpackReals(packed: Packed): Promise<Float32Array> {
  const places = await unpackIntegers(packed);
  return Float32Array.from(places, (place) => packed.low + place * packed.step);
}

export async function unpackText({ lines, data }: PackedText): Promise<string[]> {
  if (lines === 0) return [];
  return new TextDecoder().decode(await inflate(data)).split('\n');
}

/** Waits for the end of the page, where its large parts lie. */
export function arrived(): Promise<void> {
  if (document.readyState !== 'loading') return Promise.resolve();
  return new Promise((resolve) => document.addEventListener('DOMContentLoaded', () => resolve(), { once: true }));
}

/** The text itself, or that of the part of the page that it names. */
async function textOf(data: string): Promise<string> {
  if (!data.startsWith('#')) return data;
  await arrived();
  return document.getElementById(`part-${data.slice(1)}`)!.textContent;
}

async function inflate(data: string): Promise<Uint8Array> {
  const text = atob(await textOf(data));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

import type { Log } from '../../../stages/services.js';
import { count } from '../../count.js';
import { thumbnailPixels, type ThumbnailMaker } from './thumbnail-maker.js';

/** Characters of thumbnails in a page, beside the 10 MB of the rest. */
const mostCharacters = 20_000_000;
/** Images that can't be read and are named one by one. */
const mostNamed = 5;
/** Images in work at one time. */
const atOnce = 8;

export interface Thumbnails {
  /** (thumbnails) instances. */
  readonly instances: Int32Array;
  /** (thumbnails) WebP in base64. */
  readonly images: readonly string[];
  /** What a reader must know of those that are not there. */
  readonly notes: readonly string[];
}

export interface ThumbnailOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly most?: number;
}

/**
 * Makes thumbnails of the images of faces, in an order, until a page has no more room. `images` are by instance: absolute paths, addresses,
 * or '' for none. Nothing is fetched; what can't be read is said, in the notes and as a warning.
 */
export async function makeThumbnails(
  images: readonly string[],
  order: Int32Array,
  make: ThumbnailMaker,
  { log, signal, most = mostCharacters }: ThumbnailOptions,
): Promise<Thumbnails> {
  const wanted = order.filter((face) => images[face] !== '' && !isRemote(images[face]));
  const remote = images.reduce((sum, image) => sum + (isRemote(image) ? 1 : 0), 0);
  const made: [face: number, image: string][] = [];
  const lost: string[] = [];
  let room = most;
  let at = 0;
  for (; at < wanted.length && room > 0; at += atOnce) {
    signal.throwIfAborted();
    const batch = [...wanted.subarray(at, at + atOnce)];
    const results = await Promise.allSettled(batch.map(async (face) => make(contentOf(images[face]))));
    for (const [b, result] of results.entries()) {
      if (result.status === 'rejected') {
        lost.push(`${shortly(images[batch[b]])} (${reasonOf(result.reason, images[batch[b]])})`);
        continue;
      }
      const image = Buffer.from(result.value).toString('base64');
      room -= image.length + 1;
      if (room > 0) made.push([batch[b], image]);
    }
  }
  const unread = lost.length === 0 ? [] : [unreadNote(lost)];
  for (const note of unread) log.warn(`--thumbnails: ${note}`);
  return {
    instances: Int32Array.from(made, ([face]) => face),
    images: made.map(([, image]) => image),
    notes: [...notesOf(made.length, wanted.length, remote, room <= 0 ? most : undefined), ...unread],
  };
}

function notesOf(made: number, wanted: number, remote: number, full: number | undefined): string[] {
  const notes: string[] = [];
  if (full !== undefined)
    notes.push(
      `${made.toLocaleString('en')} of ${count(wanted, 'image')} are in this page, ${thumbnailPixels} pixels wide or high: it has room for ${(full / 1e6).toFixed(0)} MB of them. The most typical faces of each cluster come first; other images are read where they lie.`,
    );
  if (remote > 0) notes.push(`${count(remote, 'image')} with an address on the network: not fetched for a thumbnail.`);
  return notes;
}

function unreadNote(lost: readonly string[]): string {
  const more = lost.length > mostNamed ? `, and ${count(lost.length - mostNamed, 'other')}` : '';
  return `${count(lost.length, 'image')} can't be read: ${lost.slice(0, mostNamed).join(', ')}${more}.`;
}

const isRemote = (image: string): boolean => /^https?:\/\//i.test(image);

/** The path of an image, or what an address holds. Throws a URIError where that is no text. */
function contentOf(image: string): string | Uint8Array {
  const data = /^data:[^,]*?(;base64)?,/i.exec(image);
  if (data === null) return image;
  const text = image.slice(data[0].length);
  return data[1] === undefined ? Buffer.from(decodeURIComponent(text)) : Buffer.from(text, 'base64');
}

const shortly = (image: string): string => (image.length > 200 ? `${image.slice(0, 60)}...` : image);
/** In a line, without the path that is named already. */
const reasonOf = (reason: unknown, path: string): string =>
  (reason instanceof Error ? reason.message : String(reason)).split('\n', 1)[0].replace(`: ${path}`, '');

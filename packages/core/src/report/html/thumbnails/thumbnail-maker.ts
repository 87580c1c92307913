import { problem } from '../../../errors.js';

/** Pixels of the longer side. */
export const thumbnailPixels = 80;
const quality = 60;

/** Makes a small WebP of an image: a path, or the bytes of a file. Rejects what is no image. */
export type ThumbnailMaker = (image: string | Uint8Array) => Promise<Uint8Array>;

/** As much of `sharp` as is used. */
type Sharp = (image: string | Uint8Array) => {
  rotate(): ReturnType<Sharp>;
  resize(options: { width: number; height: number; fit: 'inside'; withoutEnlargement: boolean }): ReturnType<Sharp>;
  webp(options: { quality: number }): ReturnType<Sharp>;
  toBuffer(): Promise<Uint8Array>;
};

const importSharp = (): Promise<unknown> => {
  const name: string = 'sharp';
  return import(name);
};

/** Loads sharp. Throws an L2cError E_USAGE where it is not installed, or does not load. */
export async function loadThumbnailMaker(load = importSharp): Promise<ThumbnailMaker> {
  let sharp: Sharp;
  try {
    const module = (await load()) as { default?: Sharp };
    sharp = module.default ?? (module as unknown as Sharp); // loaders differ in how they show a CommonJS package
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n', 1);
    throw problem('E_USAGE', '--thumbnails', `needs sharp, which does not load: ${reason}`, 'npm install sharp', cause);
  }
  const size = { width: thumbnailPixels, height: thumbnailPixels, fit: 'inside', withoutEnlargement: true } as const;
  // rotate() turns photos as their cameras say
  return (image) => sharp(image).rotate().resize(size).webp({ quality }).toBuffer();
}

import { expect } from 'chai';
import { L2cError } from '../../../src/errors.js';
import { FaceOrder } from '../../../src/report/html/thumbnails/face-order.js';
import { makeThumbnails } from '../../../src/report/html/thumbnails/make-thumbnails.js';
import { loadThumbnailMaker } from '../../../src/report/html/thumbnails/thumbnail-maker.js';
import { quietRun } from '../../pipeline/sandbox.js';

const { log, signal } = quietRun();

describe('thumbnails', () => {
  it('come first of faces that are asked about, then the most typical of clusters, large ones first, singles last', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 1, 2, 3, 3);
    const fits = Float32Array.of(0.5, 0.9, 0.1, 0.3, 0.2, 1, 0.7, 0.7);
    const order = new FaceOrder(8);
    order.add(labels, Int32Array.of(2, 3, 1, 2), fits, [0]);
    expect([...order.order()]).to.deep.equal([0, 3, 1, 6, 4, 7, 2, 5]);
    // another pipeline, in which 5 stands for a cluster
    order.add(Int32Array.of(0, 1, 2, 3, 4, 5, 5, 6), Int32Array.of(1, 1, 1, 1, 1, 2, 1), fits, []);
    expect([...order.order()]).to.deep.equal([0, 3, 1, 5, 6, 4, 7, 2]);
  });

  it('are made in that order as long as there is room, and say what is not there', async () => {
    const images = ['/a', '', 'https://there/b', '/broken', ...Array.from({ length: 30 }, (_, i) => `/${i}`)];
    const seen: unknown[] = [];
    const make = (image: string | Uint8Array): Promise<Uint8Array> => {
      seen.push(image);
      return image === '/broken' ? Promise.reject(new Error('no JPEG\nat all')) : Promise.resolve(new Uint8Array(30));
    };
    const order = Int32Array.from(images.keys()).reverse();
    const all = await makeThumbnails(images, order, make, { log, signal });
    expect([...all.instances]).to.deep.equal([...order].filter((face) => face !== 1 && face !== 2 && face !== 3));
    expect(all.images).to.have.length(31);
    expect(all.notes).to.deep.equal([
      '1 image with an address on the network: not fetched for a thumbnail.',
      "1 image can't be read: /broken (no JPEG).",
    ]);
    expect(seen).not.to.include('https://there/b');
    const some = await makeThumbnails(images, order, make, { log, signal, most: 10 * 41 + 5 });
    expect([...some.instances]).to.deep.equal([...order.subarray(0, 10)]);
    expect(some.notes[0]).to.match(/^10 of 32 images are in this page, 80 pixels wide or high: it has room for 0 MB/);
  });

  it('stop where the program that called says so', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    const work = makeThumbnails(['/a'], Int32Array.of(0), () => Promise.resolve(new Uint8Array(1)), {
      log,
      signal: stopped,
    });
    expect(await work.catch((caught: unknown) => caught)).to.have.property('message', 'enough');
  });

  it('are made of what addresses hold, small, turned as the camera says', async () => {
    const { default: sharp } = await import('sharp');
    const wide = { width: 400, height: 200, channels: 3, background: 'red' } as const;
    const photo = await sharp({ create: wide }).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const make = await loadThumbnailMaker();
    const images = [
      `data:image/jpeg;base64,${photo.toString('base64')}`,
      'data:image/svg+xml,nonsense',
      '/nowhere.jpg',
    ];
    const made = await makeThumbnails(images, Int32Array.of(2, 1, 0), make, { log, signal });
    expect([...made.instances]).to.deep.equal([0]);
    const { format, width, height } = await sharp(Buffer.from(made.images[0], 'base64')).metadata();
    expect({ format, width, height }).to.deep.equal({ format: 'webp', width: 40, height: 80 });
    expect(made.images[0].length).below(2000);
    expect(made.notes[0]).to.match(
      /^2 images can't be read: \/nowhere\.jpg \(.+\), data:image\/svg\+xml,nonsense \(.+\)\.$/,
    );
  });

  it('leave out what is no address, and warn of what can not be read', async () => {
    const images = ['data:image/svg+xml,100%', '/a'];
    const { log, warnings } = quietRun();
    const made = await makeThumbnails(images, Int32Array.of(0, 1), () => Promise.resolve(new Uint8Array(3)), {
      log,
      signal,
    });
    expect([...made.instances]).to.deep.equal([1]);
    expect(made.notes).to.deep.equal(["1 image can't be read: data:image/svg+xml,100% (URI malformed)."]);
    expect(warnings).to.deep.equal(made.notes.map((note) => `--thumbnails: ${note}`));
  });

  it('name what must be installed', async () => {
    const error = await loadThumbnailMaker(() =>
      Promise.reject(new Error("Cannot find package 'sharp'\nfrom here")),
    ).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError);
    expect((error as L2cError).message).to.equal(
      "--thumbnails: needs sharp, which does not load: Cannot find package 'sharp'; npm install sharp",
    );
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { unzipSync, zipSync } from 'fflate';
import { formatNpy, type NpyArray } from '../../src/formats/npy.js';
import { parseNpz, readNpz, withNpz, writeNpz } from '../../src/formats/npz.js';
import { golden, refused, temporaryFolder } from './temporary.js';

const arrays = new Map<string, NpyArray>([
  ['features', { shape: [500, 300], data: Float32Array.from({ length: 150000 }, (_, i) => Math.sin(i)) }],
  ['labels', { shape: [4], data: Int32Array.of(0, -1, 2, 2) }],
  ['empty', { shape: [0], data: new Float64Array(0) }],
  ['größe/a.b', { shape: [], data: BigInt64Array.of(5n) }],
]);

/** Puts bytes at an offset of a copy. */
function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, offset);
  return copy;
}

describe('npz', () => {
  const folder = temporaryFolder();

  for (const compress of [false, true]) {
    it(`writes and reads arrays, compress: ${compress}`, async () => {
      const path = folder.path(`round-${compress}.npz`);
      await writeNpz(path, arrays, { compress });
      expect(parseNpz(readFileSync(path), path)).to.deep.equal(arrays);
      const read = await readNpz(path);
      expect([...read.keys()]).to.deep.equal([...arrays.keys()]);
      for (const [name, array] of read) {
        expect(array.shape).to.deep.equal(arrays.get(name)!.shape);
        expect([...array.data]).to.deep.equal([...arrays.get(name)!.data]);
        expect(array.data.buffer).to.be.instanceOf(SharedArrayBuffer);
      }
      // another implementation agrees
      const other = unzipSync(readFileSync(path));
      expect(Object.keys(other)).to.have.members([...arrays.keys()].map((name) => `${name}.npy`));
      for (const [name, array] of arrays) expect(Buffer.compare(other[`${name}.npy`], formatNpy(array))).to.equal(0);
      const again = folder.path(`again-${compress}.npz`);
      await writeNpz(again, arrays, { compress });
      expect(Buffer.compare(readFileSync(path), readFileSync(again))).to.equal(0);
    });
  }

  it('reads what another implementation writes, stored and deflated, and passes over other members', async () => {
    const path = folder.path('other.npz');
    const files = { 'a.npy': formatNpy(arrays.get('features')!), 'notes.txt': Buffer.from('hello') };
    for (const level of [0, 9] as const) {
      writeFileSync(path, zipSync(files, { level }));
      expect([...(await readNpz(path)).keys()]).to.deep.equal(['a']);
      expect(parseNpz(readFileSync(path), path).get('a')).to.deep.equal(arrays.get('features'));
    }
  });

  it('reads every golden .npz alike from memory and from disk', async () => {
    for (const area of ['data', 'adjacency', 'dsgcn']) {
      for (const name of readdirSync(golden(area)).filter((file) => file.endsWith('.npz'))) {
        const path = golden(`${area}/${name}`);
        const fromMemory = parseNpz(readFileSync(path), path);
        const fromDisk = await readNpz(path);
        expect(fromDisk.size, name).to.be.greaterThan(0);
        for (const [key, array] of fromDisk) {
          expect(array.shape).to.deep.equal(fromMemory.get(key)!.shape);
          const bytes = (data: NpyArray['data']) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
          expect(Buffer.compare(bytes(array.data), bytes(fromMemory.get(key)!.data)), `${name} ${key}`).to.equal(0);
        }
      }
    }
    const l2norm = await readNpz(golden('data/l2norm.npz'));
    expect(l2norm.get('raw')!.shape).to.deep.equal([64, 24]);
  });

  it('reads the arrays asked for, headers alone, and elements as a stream', async () => {
    const path = folder.path('parts.npz');
    await writeNpz(path, arrays, { compress: true });
    expect([...(await readNpz(path, ['labels', 'absent'])).keys()]).to.deep.equal(['labels']);
    await withNpz(path, async (npz) => {
      expect((await npz.header('features')).shape).to.deep.equal([500, 300]);
      const chunks: Buffer[] = [];
      for await (const chunk of npz.elements('labels')) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks)).to.deep.equal(Buffer.from(Int32Array.of(0, -1, 2, 2).buffer));
      await refused(() => npz.read('nothing'), 'E_FILE', /has no array "nothing"; it holds features, labels, empty/);
    });
  });

  it('writes an array that is only ever there in pieces', async () => {
    const path = folder.path('stream.npz');
    const pieces = (function* () {
      for (let i = 0; i < 10; i++) yield new Uint8Array(Float64Array.of(i, -i).buffer);
    })();
    await writeNpz(path, [['data', { descr: '<f8', shape: [10, 2], byteLength: 160, pieces }]]);
    const { data, shape } = (await readNpz(path)).get('data')!;
    expect(shape).to.deep.equal([10, 2]);
    expect([...data].slice(-2)).to.deep.equal([9, -9]);
  });

  it('reads data descriptors and zip64 records', async () => {
    // as Python's zipfile writes to a pipe: sizes 0 in the local header, bit 3 set, descriptor after the data
    const path = folder.path('descriptor.npz');
    await writeNpz(path, [['labels', arrays.get('labels')!]]);
    const plain = readFileSync(path);
    const directory = plain.readUInt32LE(plain.length - 6);
    const local = patched(plain.subarray(0, directory), 6, 8, 8, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(0x08074b50, 0);
    const wideDirectory = Buffer.from(plain.subarray(directory, plain.length - 22));
    const size = wideDirectory.readUInt32LE(24);
    // the directory entry with every field in the zip64 extra
    const extra = Buffer.alloc(28);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    extra.writeBigUInt64LE(BigInt(size), 4);
    extra.writeBigUInt64LE(BigInt(size), 12);
    wideDirectory.writeUInt32LE(0xffffffff, 20);
    wideDirectory.writeUInt32LE(0xffffffff, 24);
    wideDirectory.writeUInt32LE(0xffffffff, 42);
    wideDirectory.writeUInt16LE(28, 30);
    const start = directory + 16;
    const length = wideDirectory.length + 28;
    const end = Buffer.alloc(56 + 20 + 22);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(44n, 4);
    end.writeBigUInt64LE(1n, 24);
    end.writeBigUInt64LE(1n, 32);
    end.writeBigUInt64LE(BigInt(length), 40);
    end.writeBigUInt64LE(BigInt(start), 48);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(start + length), 64);
    end.writeUInt32LE(0x06054b50, 76);
    end.fill(0xff, 84, 96);
    const bytes = Buffer.concat([local, descriptor, wideDirectory, extra, end]);
    expect(parseNpz(bytes, 'wide.npz').get('labels')).to.deep.equal(arrays.get('labels'));
    writeFileSync(path, bytes);
    expect([...(await readNpz(path)).get('labels')!.data]).to.deep.equal([0, -1, 2, 2]);
  });

  it('refuses damaged containers, in memory and on disk', async () => {
    const path = folder.path('damaged.npz');
    await writeNpz(path, [['a', arrays.get('features')!]], { compress: true });
    const deflated = readFileSync(path);
    await writeNpz(path, [['a', arrays.get('labels')!]]);
    const stored = readFileSync(path);
    const directory = stored.length - 22 - 46 - 5;
    const cases: [string, Uint8Array, RegExp][] = [
      ['nothing', new Uint8Array(0), /no zip container/],
      ['cut short', stored.subarray(0, stored.length - 30), /no zip container, or is cut short/],
      ['end moved', patched(stored, stored.length - 6, 255, 255, 255), /damaged zip directory/],
      ['one bit of the data', patched(stored, 170, stored[170] ^ 1), /checksum/],
      ['garbage in the deflated data', patched(deflated, 2000, ...new Array<number>(64).fill(0)), /inflate|checksum/],
      ['no local header', patched(stored, 0, 0), /not where the zip directory says/],
      ['encrypted', patched(stored, directory + 8, 1), /encrypted/],
      ['method 12', patched(stored, directory + 10, 12), /zip method 12/],
      ['sizes that differ', patched(stored, directory + 20, 1), /damaged zip directory/],
      ['more inflated than announced', patched(deflated, deflated.length - 22 - 46 - 5 + 24, 1, 1, 0, 0), /inflate/],
    ];
    for (const [what, bytes, message] of cases) {
      await refused(() => parseNpz(bytes, 'x.npz'), 'E_FILE', message).catch((error: unknown) => {
        throw new Error(`${what}: ${String(error)}`);
      });
      writeFileSync(path, bytes);
      await refused(
        () => readNpz(path),
        'E_FILE',
        what === 'more inflated than announced' ? /cut short|inflate/ : message,
      ).catch((error: unknown) => {
        throw new Error(`${what} on disk: ${String(error)}`);
      });
    }
  });

  it('leaves nothing behind when the source fails half-way', async () => {
    for (const compress of [false, true]) {
      const path = folder.path(`failing-${compress}.npz`);
      const pieces = (function* () {
        yield new Uint8Array(8);
        throw new RangeError('source failed');
      })();
      let message = '';
      await writeNpz(path, [['a', { descr: '<f8', shape: [2], byteLength: 16, pieces }]], { compress }).catch(
        (error: unknown) => {
          message = (error as Error).message;
        },
      );
      expect(message).to.equal('source failed');
      expect(readdirSync(folder.path('.')).filter((name) => name.includes('failing'))).to.deep.equal([]);
    }
  });

  it('names absent files and folders', async () => {
    await refused(() => readNpz(folder.path('absent.npz')), 'E_FILE', /absent\.npz: no such file/);
    await refused(() => readNpz(folder.path('.')), 'E_FILE', /is a folder/);
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fromPickledArray, isPickledArray } from '../../src/formats/numpy-pickle.js';
import { isObject, parsePickle, type PickleValue } from '../../src/formats/pickle.js';
import { refused } from './temporary.js';

interface Fixtures {
  values: string[];
  loop: string;
  system: string[];
  float32: string[];
  fortranBigEndian: string;
  objects: string[];
}
const fixtures = JSON.parse(readFileSync(new URL('fixtures/pickles.json', import.meta.url), 'utf8')) as Fixtures;
const load = (base64: string): PickleValue => parsePickle(Buffer.from(base64, 'base64'), 'a.pkl').value;
const parse = (...parts: (string | number[])[]) =>
  parsePickle(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))),
    'a.pkl',
  ).value;

describe('pickle', () => {
  fixtures.values.forEach((base64, protocol) => {
    it(`reads values of protocol ${protocol}`, () => {
      const root = load(base64) as Map<string, PickleValue>;
      expect(root.get('a')).to.deep.equal([1, -1, 255, 65535, -70000, 2 ** 31, 2n ** 70n, -(2n ** 70n)]);
      expect(root.get('f')).to.deep.equal([1.5, Infinity, -Infinity]);
      expect(root.get('t')).to.deep.equal([]);
      expect(root.get('t1')).to.deep.equal([1]);
      expect(root.get('t4')).to.deep.equal([1, 2, 3, 4]);
      expect(root.get('n')).to.equal(null);
      expect(root.get('b')).to.deep.equal([true, false]);
      expect(root.get('s')).to.equal('añ😀\n\'"');
      expect(root.get('long')).to.equal('x'.repeat(300));
      const twice = root.get('twice') as PickleValue[];
      expect(twice).to.deep.equal([[1], [1]]);
      expect(twice[0]).to.equal(twice[1]);
      if (protocol >= 3) {
        expect(Buffer.from(root.get('y') as Uint8Array)).to.deep.equal(Buffer.of(0, 255));
        expect((root.get('bytes') as Uint8Array).length).to.equal(300);
      }
      if (protocol >= 4) {
        expect(root.get('set')).to.deep.equal(new Set([7]));
        expect(root.get('fs')).to.deep.equal(new Set([8]));
      } else {
        const set = root.get('set');
        expect(isObject(set) && [set.global, set.args]).to.deep.equal([
          protocol === 3 ? 'builtins set' : '__builtin__ set',
          [[7]],
        ]);
      }
    });
  });

  fixtures.system.forEach((base64, protocol) => {
    it(`keeps a call of os.system as data, protocol ${protocol}`, () => {
      const value = load(base64);
      expect(value).to.deep.equal({
        kind: 'object',
        global: 'posix system',
        callable: { kind: 'global', global: 'posix system' },
        args: ['touch owned'],
      });
    });
  });

  it('keeps states, items and entries beside the object they belong to', () => {
    const value = parse('cmodule\nThing\n(K\x01tR', '}(U\x01aK\x02ub', '(K\x03K\x04e', '(U\x01bK\x05u', '.');
    expect(value).to.deep.equal({
      kind: 'object',
      global: 'module Thing',
      callable: { kind: 'global', global: 'module Thing' },
      args: [1],
      state: new Map([['a', 2]]),
      items: [3, 4],
      entries: new Map([['b', 5]]),
    });
  });

  it('reads the old and the rare instructions', () => {
    expect(parse("S'a\\x41\\n\\'\\101'\n.")).to.equal("aA\n'A");
    expect(parse('S"q\\\\"\n.')).to.equal('q\\');
    expect(parse('T\x03\x00\x00\x00abc.')).to.equal('abc');
    expect(parse('(imodule\nThing\n.')).to.deep.include({ kind: 'object', global: 'module Thing', args: [] });
    expect(parse('(cmodule\nThing\nK\x07o.')).to.deep.include({ global: 'module Thing', args: [7] });
    expect(parse('cmodule\nThing\n)}\x92.')).to.deep.include({ global: 'module Thing', args: [new Map()] });
    expect(parse('Psomewhere\n.')).to.deep.equal({ kind: 'persistent', id: 'somewhere' });
    expect(parse('K\x01K\x020.')).to.equal(1);
    expect(parse('K\x01(K\x02K\x031.')).to.equal(1);
    expect(parse('K\x012\x86.')).to.deep.equal([1, 1]);
    expect(parse('(K\x01K\x02d.')).to.deep.equal(new Map([[1, 2]]));
    expect(parse('(K\x01l.')).to.deep.equal([1]);
    expect(parse('}K\x01K\x02s.')).to.deep.equal(new Map([[1, 2]]));
    expect(parse('K\x05r', [0, 1, 0, 0], '0j', [0, 1, 0, 0], '.')).to.equal(5);
    expect(parse('\x8b\x02\x00\x00\x00\xff\xff.')).to.equal(-1);
    expect(parse([0x8d, 1, 0, 0, 0, 0, 0, 0, 0], 'x.')).to.equal('x');
  });

  it('stops after the pickle and says where', () => {
    expect(parsePickle(Buffer.from('K\x01.K\x02.'), 'a', 3)).to.deep.equal({ value: 2, end: 6 });
  });

  it('reads a list that holds itself', () => {
    const loop = load(fixtures.loop) as PickleValue[];
    expect(loop[0]).to.equal(loop);
  });

  it('reads deep nesting without recursion', () => {
    let value = parse(']'.repeat(200_000), 'a'.repeat(199_999), '.');
    let depth = 0;
    while (Array.isArray(value)) [value, depth] = [value[0]!, depth + 1];
    expect(depth).to.equal(200_000);
  });

  it('refuses damage, and what asks for more than there is', async () => {
    const cases: [string, (string | number[])[], RegExp][] = [
      ['nothing', [''], /announced beyond its end at byte 0/],
      ['cut short', ['(K\x01K'], /beyond its end/],
      ['not a pickle', ['hello'], /no memo|unknown|damaged/],
      ['unknown instruction', [[0xff]], /unknown instruction 0xff at byte 0/],
      ['protocol 6', [[0x80, 6]], /later than 5/],
      ['nothing on the stack', ['.'], /nothing on the stack/],
      ['a pop below the mark', ['K\x01(\x85.'], /too little on the stack/],
      ['no mark', ['t.'], /no mark/],
      ['no memo', ['h\x01.'], /no memo 1/],
      ['a memo far ahead', ['Nr', [255, 255, 255, 127], '.'], /memo 2147483647 out of turn/],
      ['4 GiB of bytes', ['B', [255, 255, 255, 255], 'x.'], /4294967295 bytes announced beyond its end/],
      ['2^64 bytes', [[0x8e, 255, 255, 255, 255, 255, 255, 255, 255], 'x.'], /beyond its end/],
      ['a negative length', ['T', [255, 255, 255, 255], 'x.'], /beyond its end/],
      ['a huge integer', ['\x8b', [255, 255, 0, 0], 'x'.repeat(70000), '.'], /an integer of 65535 bytes/],
      ['a huge decimal', ['L', '9'.repeat(5000), 'L\n.'], /no integer/],
      ['no decimal', ['Ixyz\n.'], /no integer/],
      ['an unfinished line', ['cmodule\nThing'], /unfinished line/],
      ['a key without a value', ['(K\x01d.'], /key without a value/],
      ['items for a number', ['K\x01(K\x02e.'], /items for no list/],
      ['entries for a number', ['K\x01(K\x02K\x03u.'], /entries for no dict/],
      ['a state for a list', [']Nb.'], /state for no object/],
      ['arguments that are a number', ['cm\nf\nK\x01R.'], /arguments that are no tuple/],
      ['a name that is a number', ['K\x01K\x02\x93.'], /name that is no text/],
      ['extension codes', [[0x82, 1], '.'], /extension codes/],
      ['outside buffers', [[0x97], '.'], /outside of itself/],
    ];
    for (const [what, parts, message] of cases) {
      await refused(() => parse(...parts), 'E_FILE', message).catch((error: unknown) => {
        throw new Error(`${what}: ${String(error)}`);
      });
    }
  });

  it('refuses more waiting values, and more dicts, than fit', async () => {
    await refused(() => parse(Buffer.alloc(2 ** 22 + 2, 'N').toString('latin1')), 'E_FILE', /values waiting/);
    await refused(() => parse(Buffer.alloc(2 ** 22 + 2, '(').toString('latin1')), 'E_FILE', /nests too deep/);
    await refused(() => parse('}0'.repeat(2 ** 23 + 1)), 'E_FILE', /too many objects/);
  });
});

describe('numpy pickles', () => {
  fixtures.float32.forEach((base64, protocol) => {
    it(`reads an array of protocol ${protocol}`, () => {
      const value = load(base64);
      expect(isPickledArray(value)).to.equal(true);
      expect(fromPickledArray(value, 'a')).to.deep.equal({ shape: [3, 2], data: Float32Array.of(1.5, 2, 3, 4, 5, 6) });
    });
  });

  it('reads big-endian arrays in Fortran order', () => {
    const array = fromPickledArray(load(fixtures.fortranBigEndian), 'a');
    expect('data' in array && [array.shape, [...array.data]]).to.deep.equal([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it('reads object arrays', () => {
    for (const base64 of fixtures.objects) {
      const array = fromPickledArray(load(base64), 'a');
      if (!('objects' in array)) throw new Error('no objects');
      expect(array.shape).to.deep.equal([2]);
      expect(array.objects[1]).to.equal('x');
      expect(fromPickledArray(array.objects[0], 'a')).to.deep.equal({ shape: [3], data: BigInt64Array.of(0n, 1n, 2n) });
    }
  });

  it('refuses other values and sizes that differ', async () => {
    for (const value of [null, 3, [], load(fixtures.system[2])]) {
      await refused(() => fromPickledArray(value, 'a.npz row 3'), 'E_FILE', /^a\.npz row 3: its pickle holds no array/);
    }
    const damaged = load(fixtures.float32[3]);
    if (!isObject(damaged)) throw new Error('no object');
    (damaged.state as PickleValue[])[1] = [3, 3];
    await refused(() => fromPickledArray(damaged, 'a'), 'E_FILE', /24 bytes for 3 x 3 of f4/);
    (damaged.state as PickleValue[])[1] = [-3, -2];
    await refused(() => fromPickledArray(damaged, 'a'), 'E_FILE', /no array/);
  });
});

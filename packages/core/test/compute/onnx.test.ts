import { expect } from 'chai';
import type { Compute, OnnxSession } from '../../src/compute/compute.js';
import { writeOnnx, type OnnxGraph } from '../../src/compute/onnx.js';
import { distance, engineOrNone } from './matrices.js';

const ascii = (text: string): number[] => [...Buffer.from(text, 'ascii')];

describe('ONNX writer', () => {
  it('writes the bytes of the protocol buffer', () => {
    const value = (name: string) => [
      ...[0x0a, 1, ...ascii(name)],
      // type { tensor_type { elem_type: 1, shape { dim { dim_param: "n" } dim { dim_value: 300 } } } }
      ...[0x12, 16, 0x0a, 14, 0x08, 1, 0x12, 10, 0x0a, 3, 0x12, 1, ...ascii('n'), 0x0a, 3, 0x08, 0xac, 0x02],
    ];
    const node = [0x0a, 1, ...ascii('x'), 0x12, 1, ...ascii('y'), 0x22, 7, ...ascii('Softmax')];
    // axis: -1 is the ten bytes of a negative int64
    const attribute = [0x0a, 4, ...ascii('axis'), 0x18, ...Array<number>(9).fill(0xff), 1, 0xa0, 0x01, 2];
    const withAttribute = [...node, 0x2a, attribute.length, ...attribute];
    const graph = [
      ...[0x0a, withAttribute.length, ...withAttribute],
      ...[0x12, 4, ...ascii('tiny')],
      ...[0x5a, value('x').length, ...value('x')],
      ...[0x62, value('y').length, ...value('y')],
    ];
    const model = [0x08, 8, 0x12, 3, ...ascii('l2c'), 0x3a, graph.length, ...graph, 0x42, 2, 0x10, 17];
    const bytes = writeOnnx({
      name: 'tiny',
      nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: { int: -1 } } }],
      inputs: [{ name: 'x', type: 'float32', shape: ['n', 300] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['n', 300] }],
    });
    expect([...bytes]).to.deep.equal(model);
  });

  it('refuses initializers that are not of their shape, and sizes that are no integers', () => {
    const empty = { nodes: [], inputs: [], outputs: [] };
    const initializers = [{ name: 'W', shape: [2, 3], values: new Float32Array(5) }];
    expect(() => writeOnnx({ ...empty, initializers })).to.throw(RangeError, 'initializer W: 5 values for [2, 3]');
    const inputs = [{ name: 'x', type: 'float32', shape: [1.5] }] as const;
    expect(() => writeOnnx({ ...empty, inputs })).to.throw(RangeError, '1.5 is no integer');
  });

  it('writes the part of a buffer that an initializer is', () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    const write = (values: Float32Array) =>
      writeOnnx({ nodes: [], inputs: [], outputs: [], initializers: [{ name: 'W', shape: [2], values }] });
    expect(write(whole.subarray(1, 3))).to.deep.equal(write(Float32Array.of(1, 2)));
  });
});

describe('ONNX models written here, in ONNX Runtime', () => {
  let compute: Compute;
  before(async function () {
    const loaded = await engineOrNone('onnxruntime');
    if (loaded === undefined) this.skip();
    compute = loaded;
  });
  after(async () => compute?.dispose());

  async function running<T>(graph: OnnxGraph, use: (session: OnnxSession) => Promise<T>): Promise<T> {
    const session = await compute.session!(writeOnnx(graph));
    try {
      return await use(session);
    } finally {
      await session.dispose();
    }
  }

  it('two layers give what was computed by hand', async () => {
    const graph: OnnxGraph = {
      nodes: [
        {
          op: 'Gemm',
          inputs: ['x', 'W', 'b'],
          outputs: ['h'],
          attributes: { alpha: { float: 0.5 }, transB: { int: 1 } },
        },
        { op: 'LeakyRelu', inputs: ['h'], outputs: ['a'], attributes: { alpha: { float: 0.25 } } },
        { op: 'Transpose', inputs: ['a'], outputs: ['y'], attributes: { perm: { ints: [1, 0] } } },
      ],
      inputs: [{ name: 'x', type: 'float32', shape: ['rows', 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: [3, 'rows'] }],
      initializers: [
        { name: 'W', shape: [3, 2], values: Float32Array.of(1, 2, -3, 4, 0, -1) },
        { name: 'b', shape: [3], values: Float32Array.of(1, 0, -1) },
      ],
    };
    await running(graph, async (session) => {
      // rows (2, 1) and (0, -2): x Wᵀ = (4, -2, -1), (-4, -8, 2); halved, plus b = (3, -1, -1.5), (-1, -4, 0)
      const { y } = await session.run({ x: { shape: [2, 2], values: Float32Array.of(2, 1, 0, -2) } });
      expect(y.shape).to.deep.equal([3, 2]);
      expect(distance(y.values as Float32Array, [3, -0.25, -0.25, -1, -0.375, 0])).to.equal(0);
      // the number of rows is open
      const one = await session.run({ x: { shape: [1, 2], values: Float32Array.of(0, 0) } });
      expect([...(one['y'].values as Float32Array)]).to.deep.equal([1, 0, -0.25]);
    });
  });

  it('texts, lists of floats, and initializers of every type reach it', async () => {
    const graph: OnnxGraph = {
      nodes: [
        { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value_floats: { floats: [0.5, -2, 8] } } },
        { op: 'Gather', inputs: ['c', 'i32'], outputs: ['g'] },
        { op: 'Cast', inputs: ['i8'], outputs: ['f8'], attributes: { to: { int: 1 } } },
        { op: 'Cast', inputs: ['u8'], outputs: ['fu'], attributes: { to: { int: 1 } } },
        { op: 'Cast', inputs: ['f64'], outputs: ['fd'], attributes: { to: { int: 1 } } },
        { op: 'Sum', inputs: ['g', 'f8', 'fu', 'fd', 'x'], outputs: ['s'] },
        { op: 'ReduceSum', inputs: ['s', 'axes'], outputs: ['y'], attributes: { keepdims: { int: 0 } } },
        {
          op: 'ScatterElements',
          inputs: ['x', 'i32', 's'],
          outputs: ['z'],
          attributes: { reduction: { text: 'add' } },
        },
      ],
      inputs: [{ name: 'x', type: 'float32', shape: [2] }],
      outputs: [
        { name: 'y', type: 'float32', shape: [] },
        { name: 'z', type: 'float32', shape: [2] },
      ],
      initializers: [
        { name: 'i32', shape: [2], values: Int32Array.of(1, 0) },
        { name: 'i8', shape: [2], values: Int8Array.of(-128, 127) },
        { name: 'u8', shape: [2], values: Uint8Array.of(255, 0) },
        { name: 'f64', shape: [2], values: Float64Array.of(0.25, -0.25) },
        { name: 'axes', shape: [1], values: BigInt64Array.of(-1n) },
      ],
    };
    await running(graph, async (session) => {
      const { y, z } = await session.run({ x: { shape: [2], values: Float32Array.of(10, 20) } });
      // s = (-2 - 128 + 255 + 0.25 + 10, 0.5 + 127 + 0 - 0.25 + 20) = (135.25, 147.25)
      expect([...(y.values as Float32Array)]).to.deep.equal([282.5]);
      expect([...(z.values as Float32Array)]).to.deep.equal([10 + 147.25, 20 + 135.25]);
    });
  });

  it('sessions take and give tensors of int32, int64 and uint8, shared ones as well', async () => {
    const graph: OnnxGraph = {
      nodes: (['a', 'b', 'c'] as const).map((name) => ({ op: 'Identity', inputs: [name], outputs: [`${name}2`] })),
      inputs: [
        { name: 'a', type: 'int32', shape: [2] },
        { name: 'b', type: 'int64', shape: [2] },
        { name: 'c', type: 'uint8', shape: [2] },
      ],
      outputs: [
        { name: 'a2', type: 'int32', shape: [2] },
        { name: 'b2', type: 'int64', shape: [2] },
        { name: 'c2', type: 'uint8', shape: [2] },
      ],
    };
    const a = new Int32Array(new SharedArrayBuffer(8)).fill(-7);
    const b = BigInt64Array.of(2n ** 40n, -1n);
    const c = new Uint8Array(new SharedArrayBuffer(4)).fill(200).subarray(1, 3);
    const feeds = { a: { shape: [2], values: a }, b: { shape: [2], values: b }, c: { shape: [2], values: c } };
    const results = await running(graph, (session) => session.run(feeds));
    expect([...results['a2'].values]).to.deep.equal([-7, -7]);
    expect([...results['b2'].values]).to.deep.equal([2n ** 40n, -1n]);
    expect([...results['c2'].values]).to.deep.equal([200, 200]);
  });

  it('names that hold more than ASCII are kept', async () => {
    const graph: OnnxGraph = {
      nodes: [{ op: 'Neg', inputs: ['größe'], outputs: ['出力'] }],
      inputs: [{ name: 'größe', type: 'float32', shape: [1] }],
      outputs: [{ name: '出力', type: 'float32', shape: [1] }],
    };
    const results = await running(graph, (session) =>
      session.run({ größe: { shape: [1], values: Float32Array.of(3) } }),
    );
    expect(results['出力'].values[0]).to.equal(-3);
  });
});

describe('engines without ONNX', () => {
  for (const name of ['tfjs', 'plain'] as const) {
    it(`${name} announces no sessions`, async function () {
      const compute = await engineOrNone(name);
      if (compute === undefined) return this.skip();
      expect(compute.session).to.equal(undefined);
      await compute.dispose();
    });
  }
});

import { expect } from 'chai';
import type { Compute, EngineName } from '../../src/compute/compute.js';
import { createCompute, engines } from '../../src/compute/create-compute.js';
import { loadPlain, plainCompute } from '../../src/compute/plain.js';
import { problem } from '../../src/errors.js';
import type { Log } from '../../src/stages/services.js';
import { refused } from '../formats/temporary.js';

type Loader = (typeof engines)[EngineName];

/** Other loaders in place of some engines' own, for the time of `action`. */
async function withLoaders<T>(other: Partial<Record<EngineName, Loader>>, action: () => Promise<T>): Promise<T> {
  const table = engines as Record<EngineName, Loader>;
  const own = { ...table };
  Object.assign(table, other);
  try {
    return await action();
  } finally {
    Object.assign(table, own);
  }
}

const absent: Loader = async () => {
  throw new Error("Cannot find package 'fast'\nImported from here");
};

/** An engine that loads, as an unbuilt or broken one may, and gets its products wrong. */
function wrong(disposed: string[]): Loader {
  return async () => ({
    ...plainCompute,
    gemmTransposed: async (_a, _m, _b, _n, _dim, out) => void out.fill(1),
    dispose: async () => void disposed.push('wrong'),
  });
}

function logged(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn') }, lines };
}

const auto = { engine: 'auto', device: 'auto', threads: 2 } as const;
const working = (engine: EngineName, seen: unknown[] = []): Loader => {
  return async (request): Promise<Compute> => {
    seen.push(request);
    return { ...plainCompute, engine, threads: request.threads, description: `${engine} of a test` };
  };
};

describe('createCompute', () => {
  it('takes the first engine that loads, and says so once', async () => {
    const { log, lines } = logged();
    const loaders = { onnxruntime: working('onnxruntime'), tfjs: absent, plain: absent };
    const compute = await withLoaders(loaders, () => createCompute(auto, log));
    expect(compute.engine).to.equal('onnxruntime');
    expect(lines).to.deep.equal(['info compute: onnxruntime of a test, 2 threads']);
  });

  it('falls back to the next where one is absent, and says why at debug level', async () => {
    const { log, lines } = logged();
    const loaders = { onnxruntime: absent, tfjs: working('tfjs'), plain: absent };
    const compute = await withLoaders(loaders, () => createCompute({ ...auto, threads: 1 }, log));
    expect(compute.engine).to.equal('tfjs');
    expect(lines).to.deep.equal([
      "debug compute: onnxruntime does not load: Cannot find package 'fast'",
      'info compute: tfjs of a test, 1 thread',
    ]);
  });

  it('falls back to the next, and frees the first, where that computes something wrong', async () => {
    const disposed: string[] = [];
    const { log, lines } = logged();
    const loaders = { onnxruntime: wrong(disposed), tfjs: working('tfjs') };
    const compute = await withLoaders(loaders, () => createCompute(auto, log));
    expect(compute.engine).to.equal('tfjs');
    expect(disposed).to.deep.equal(['wrong']);
    expect(lines[0]).to.equal('debug compute: onnxruntime does not load: it computes 1, 1 where 32, 0 is right');
  });

  it('ends in plain TypeScript, with a warning that names what would be faster', async () => {
    const { log, lines } = logged();
    const compute = await withLoaders({ onnxruntime: absent, tfjs: absent }, () => createCompute(auto, log));
    expect(compute.engine).to.equal('plain');
    expect(lines.at(-1)).to.match(/^warn compute: no fast engine loads.*npm install onnxruntime-node/);
  });

  it('warns of nothing where plain TypeScript was asked for', async () => {
    const { log, lines } = logged();
    expect(await createCompute({ ...auto, engine: 'plain' }, log)).to.include({ engine: 'plain', threads: 2 });
    expect(lines).to.deep.equal(['info compute: plain TypeScript on cpu, 2 threads']);
  });

  it('counts the cores where threads are left to it, and hands the device on', async () => {
    const seen: unknown[] = [];
    const options = { engine: 'auto', device: 'cpu', threads: 0 } as const;
    await withLoaders({ onnxruntime: working('onnxruntime', seen) }, () => createCompute(options, logged().log));
    expect(seen).to.have.length(1);
    expect(seen[0]).to.have.property('device', 'cpu');
    expect((seen[0] as { threads: number }).threads).to.be.at.least(1);
  });

  it('refuses a forced engine that does not load, and names what to install', async () => {
    for (const [engine, wayOut] of [
      ['onnxruntime', /npm install onnxruntime-node/],
      ['tfjs', /npm install @tensorflow\/tfjs/],
    ] as const) {
      const force = () => createCompute({ ...auto, engine }, logged().log);
      await withLoaders({ [engine]: absent }, () =>
        refused(force, 'E_ENGINE', new RegExp(`^compute\\.engine: ${engine}: ${engine} does not load: Cannot find`)),
      );
      await withLoaders({ [engine]: absent }, () => refused(force, 'E_ENGINE', wayOut));
      await withLoaders({ [engine]: absent }, () => refused(force, 'E_ENGINE', /l2c doctor/));
    }
  });

  it('refuses a forced engine that computes something wrong', async () => {
    const force = () => createCompute({ ...auto, engine: 'onnxruntime' }, logged().log);
    await withLoaders({ onnxruntime: wrong([]) }, () => refused(force, 'E_ENGINE', /it computes 1, 1 where 32, 0/));
  });

  it('takes the cpu where no gpu works, and says so in one line', async () => {
    const gpu = { ...auto, device: 'gpu' } as const;
    const plain = logged();
    expect((await createCompute({ ...gpu, engine: 'plain' }, plain.log)).device).to.equal('cpu');
    const warnings = plain.lines.filter((line) => line.startsWith('warn'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^warn compute: no gpu, the cpu does it \(plain on a gpu: .*no gpu\); l2c doctor/);
    const none: Loader = async () => {
      throw new Error('no gpu provider works (webgpu: none)');
    };
    const cpuOnly: Loader = async (request) => (request.device === 'gpu' ? none(request) : loadPlain(request));
    await withLoaders({ onnxruntime: cpuOnly, tfjs: absent }, async () => {
      const { log, lines } = logged();
      expect((await createCompute(gpu, log)).device).to.equal('cpu');
      const [line, ...more] = lines.filter((entry) => entry.startsWith('warn'));
      expect(more).to.deep.equal([]);
      expect(line).to.match(/onnxruntime does not load: no gpu provider works \(webgpu: none\); tfjs does not load/);
    });
  });

  it('refuses a forced engine that has neither gpu nor cpu', async () => {
    const force = () => createCompute({ ...auto, engine: 'onnxruntime', device: 'gpu' }, logged().log);
    await withLoaders({ onnxruntime: absent }, () => refused(force, 'E_ENGINE', /^compute\.engine: onnxruntime: /));
  });

  it('does not hide a refusal of another sort behind the next engine', async () => {
    const full: Loader = async () => {
      throw problem('E_MEMORY', '', 'no memory');
    };
    await withLoaders({ onnxruntime: full }, () =>
      refused(() => createCompute(auto, logged().log), 'E_MEMORY', /no memory/),
    );
  });
});

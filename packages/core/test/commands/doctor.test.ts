import { expect } from 'chai';
import { describeDiagnosis, diagnose, type Diagnosis } from '../../src/compute/doctor.js';

describe('l2c doctor', () => {
  let found: Diagnosis;
  before(async () => {
    found = await diagnose();
  });

  it('measures the engines that work, and says how to get the others', () => {
    const plain = found.engines.find(({ engine }) => engine === 'plain')!;
    expect(plain).to.include({ works: true, device: 'cpu' });
    for (const { engine, device, works, gflops, threads, description, wayOut } of found.engines) {
      expect(description, `${engine} ${device}`).to.not.equal('');
      if (works) {
        expect(gflops, engine).to.be.above(0);
        expect(threads, engine).to.be.at.least(1);
        expect(wayOut).to.equal(undefined);
      } else {
        expect(gflops, engine).to.equal(0);
        expect(wayOut, engine).to.match(/npm install/);
      }
    }
  });

  it('names the engine that is taken by default', () => {
    const first = found.engines.find(({ works, device }) => works && device === 'cpu');
    expect(found.active).to.equal(first!.engine);
    expect(describeDiagnosis(found)).to.match(new RegExp(`^\\* ${found.active} +cpu`, 'm'));
  });

  it('cuts long reasons where a word ends', () => {
    const reason = 'no gpu provider works (webgpu: /a/path/of/the/sources/that/is/longer/than/any/line/and/then/some/more.cc:12 more)'; // prettier-ignore
    const broken = { ...found.engines[0], works: false, description: reason, wayOut: 'npm install it' };
    expect(describeDiagnosis({ ...found, engines: [broken] }).split('\n')).to.satisfy((lines: string[]) =>
      lines.some((line) => line.endsWith('does not load: no gpu provider works (webgpu ...')),
    );
  });

  it('lists optional packages with version, or as missing', () => {
    const text = describeDiagnosis(found);
    for (const { name, version, purpose } of found.packages) {
      expect(text).to.include(name).and.include(purpose);
      expect(text).to.match(new RegExp(`${name} +${version ?? 'not installed'}`));
    }
    const missing = describeDiagnosis({
      ...found,
      packages: [{ name: 'x', version: '1.0.0', loads: false, purpose: 'y' }],
    });
    expect(missing).to.include('1.0.0, does not load');
  });
});

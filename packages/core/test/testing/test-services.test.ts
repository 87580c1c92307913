import { expect } from 'chai';
import { testServices } from '../../src/testing/index.js';

describe('testServices', () => {
  it('keeps checkpoints in memory, as copies', async () => {
    const { checkpoints } = testServices();
    const bytes = Uint8Array.of(1, 2);
    await checkpoints.write('a', bytes);
    bytes[0] = 9;
    expect(await checkpoints.read('a')).to.deep.equal(Uint8Array.of(1, 2));
    expect(await checkpoints.read('b')).to.equal(undefined);
    expect(await testServices().checkpoints.read('a')).to.equal(undefined);
  });
  it('gives each caller a random sequence of its own', () => {
    const { random } = testServices();
    const first = random(3);
    first.next();
    expect(random(3).next()).not.to.equal(first.next());
    expect(random(3).next()).to.equal(testServices().random(3).next());
  });
  it('uses the services it is given', () => {
    const lines: string[] = [];
    const log = { debug: () => undefined, info: (line: string) => void lines.push(line), warn: () => undefined };
    testServices({ log }).log.info('seen');
    expect(lines).to.deep.equal(['seen']);
  });
});

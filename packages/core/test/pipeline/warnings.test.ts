import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { writeNpz } from '../../src/formats/npz.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { dataYaml, quietRun, Sandbox } from './sandbox.js';

describe('what a run says of its results', () => {
  let box: Sandbox;
  beforeEach(() => {
    box = new Sandbox();
    box.faces({ identities: 12, size: 9 });
  });
  afterEach(() => box.remove());

  /** Lines of log, warnings marked, of a run of these pipelines. */
  const said = async (pipelines: string, settings: string[] = []): Promise<string[]> => {
    const lines: string[] = [];
    const log = {
      debug: () => undefined,
      info: (message: string) => void lines.push(message),
      warn: (message: string) => void lines.push(`warning: ${message}`),
    };
    await runFiles([box.write('pipeline.yaml', `${dataYaml}${pipelines}`)], quietRun({ log, settings }));
    return lines.filter((line) => !line.startsWith('compute'));
  };
  const links = 'knnBuilder: { type: exact, k: 20 }, proposalGenerator: knn-edges';
  const joined = `pipelines: { all: { ${links}, deoverlapper: connected-components } }\n`;

  it('warns of a cluster of more than half of the instances, and says what to turn', async () => {
    expect(await said(joined)).to.deep.equal([
      'warning: pipeline all: one cluster holds 108 of 108 instances; raise pipelines.all.deoverlapper.threshold (-1), or write threshold: auto',
    ]);
    const tree = `pipelines: { all: { ${links.replace('20', '107')}, scorer: density, deoverlapper: { type: confidence-tree, minSimilarity: -1 } } }\n`;
    const [line] = await said(tree);
    expect(line).to.match(/one cluster holds .*raise pipelines\.all\.deoverlapper\.minSimilarity \(-1\)$/);
  });

  it('warns of images that are not there', async () => {
    const run = async (images: string): Promise<string[]> => {
      const run = quietRun();
      const yaml = `${dataYaml.replace(' }', `, images: '${images}' }`)}${joined}`;
      await runFiles([box.write('pictured.yaml', yaml)], { ...run, settings: ['pipelines.all.deoverlapper.threshold=0.5'] }); // prettier-ignore
      return run.warnings;
    };
    const missing = (row: number): string => box.file(`photos/${row}.jpg`);
    expect(await run('photos/{row}.jpg')).to.deep.equal([
      `108 of 108 images are not there; the first, of row 0: ${missing(0)}`,
    ]);
    for (let row = 0; row < 108; row++) if (row !== 60) box.write(`photos/${row}.jpg`, 'x');
    expect(await run('photos/{row}.jpg')).to.deep.equal([
      `1 of 108 images is not there; the first, of row 60: ${missing(60)}`,
    ]);
    box.write('photos/60.jpg', 'x');
    expect(await run('photos/{row}.jpg')).to.deep.equal([]);
    const list = [
      'https://example.org/0.jpg',
      '',
      'photos/2.jpg',
      'photos/gone.jpg',
      ...new Array<string>(104).fill(''),
    ];
    box.write('list.txt', `${list.join('\n')}\n`);
    expect(await run('list.txt')).to.deep.equal([
      `1 of 2 images is not there; the first, of row 3: ${box.file('photos/gone.jpg')}`,
    ]);
  });

  it('does not warn of many clusters, nor of a few instances', async () => {
    expect(await said(joined, ['pipelines.all.deoverlapper.threshold=0.5'])).to.deep.equal([]);
    box.faces({ identities: 12, size: 8 });
    expect(await said(joined)).to.deep.equal([]);
  });

  it('has nothing to say of copies that are all there is', async () => {
    box.write('features.bin', new Uint8Array(new Float32Array(200 * 16).fill(0.25).buffer));
    box.write('labels.meta', '0\n'.repeat(200));
    const alone = joined.replace('connected-components', '{ type: infomap, threshold: auto }').replace('20', '80');
    expect(await said(alone)).to.deep.equal([]);
    expect(await said(alone), 'from the cache').to.deep.equal([]);
    const labels = readFileSync(box.file('runs/all/labels.meta'), 'utf8');
    expect(labels).to.equal('0\n'.repeat(200));
    box.faces({ identities: 12, size: 9 });
    const turned = await said(alone, ['pipelines.all.deoverlapper.threshold=-1']);
    expect(turned, 'no copies').to.have.length(1);
    expect(turned[0]).to.include('one cluster holds');
  });

  it('names the stage that chose a threshold, also where the result is cached', async () => {
    const auto = joined.replace('deoverlapper: connected-components', 'deoverlapper: { type: connected-components, threshold: auto }'); // prettier-ignore
    const first = await said(auto);
    expect(first[0]).to.match(/^pipelines\.all\.deoverlapper: threshold chosen: 0\.\d+ /);
    expect(await said(auto)).to.deep.equal(first);
  });

  it('warns of texts beside the features that nothing reads', async () => {
    const shape = [108, 16];
    const numbers = new Float32Array(new Uint8Array(readFileSync(box.file('features.bin'))).buffer);
    const names = { descr: '<U1', shape: [108], byteLength: 432, pieces: [new Uint8Array(432)] };
    await writeNpz(box.file('faces.npz'), [['emb', { shape, data: numbers }], ['who', names]]); // prettier-ignore
    const settings = ['data.features=faces.npz', 'pipelines.all.deoverlapper.threshold=0.5'];
    expect(await said(joined, settings)).to.deep.equal([
      `warning: ${box.file('faces.npz')}: who: not numbers, and not read; if these name the faces, give them as a text, a line each: data.ids, or --ids of l2c cluster`,
    ]);
    box.write('ids.txt', 'a\n'.repeat(108));
    expect(await said(joined, [...settings, 'data.ids=ids.txt'])).to.deep.equal([]);
  });

  it('warns of a threshold that leaves no link', async () => {
    for (const type of ['connected-components', 'propagation', 'infomap']) {
      const lines = await said(joined, [`pipelines.all.deoverlapper={ type: ${type}, threshold: 70 }`]);
      expect(lines, type).to.have.length(1);
      expect(lines[0]).to.match(
        /^warning: pipelines\.all\.deoverlapper: no link scores at least 70; the highest is 0\./,
      );
    }
  });
});

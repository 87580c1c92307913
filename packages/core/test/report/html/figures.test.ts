import { expect } from 'chai';
import { createRandom } from '../../../src/stages/random.js';
import { toLabels } from '../../../src/data/labels.js';
import { agreements } from '../../../src/report/html/agreement.js';
import { fitInto } from '../../../src/report/html/fit-into.js';
import { identityFigures } from '../../../src/report/html/identity-figures.js';
import { packIntegers, packText } from '../../../src/report/html/pack.js';
import { reportPage } from '../../../src/report/html/page-file.js';
import type { PipelineData, ReportData } from '../../../src/report/html/report-data.js';

describe('figures of the report', () => {
  it('are those of a partition worked out by hand', () => {
    //                             four of 7          two of 8  9    unknown
    const truth = Int32Array.of(7, 7, 7, 7, 8, 8, 9, -1);
    const labels = toLabels([0, 0, 0, 1, 2, 2, 2, 2]);
    const figures = identityFigures(truth, labels);
    // identity 7 by cluster 0: 2 * 3 / (4 + 3); 8 by cluster 2 of three known: 2 * 2 / (2 + 3); 9: 2 * 1 / (1 + 3)
    expect(figures['identities found, F > 0.5']).closeTo(2 / 3, 1e-12);
    expect(figures['identities found, F > 0.9']).to.equal(0);
    expect(figures['clusters per identity']).to.equal(1);
    // without the single: pairs 3 of 6 + 3 stay, 4 of them together rightly: 3 in cluster 0, 1 in cluster 2 of 3
    expect(figures['pairwise f without singles']).closeTo((2 * (4 / 6) * 1) / (4 / 6 + 1), 1e-12);
    expect(figures['nmi geometric']).to.be.at.least(figures['nmi']);
  });

  it('say which clusters two pipelines see differently, whoever tears them', () => {
    const partitions = [[0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 2]].map((raw) => toLabels(raw)); // prettier-ignore
    const found = agreements(partitions);
    expect(found.map(({ f }) => f)).to.deep.equal(found.map(({ f }) => f).sort((a, b) => a - b));
    const first = found.find(({ pair }) => pair.join() === '0,1')!;
    expect(first.splits).to.deep.equal([{ of: 0, cluster: 0, size: 4, parts: [[0, 2], [1, 2]] }]); // prettier-ignore
    const third = found.find(({ pair }) => pair.join() === '1,2')!;
    expect(third.splits.map(({ of, cluster }) => [of, cluster])).to.deep.equal([[1, 0], [0, 2]]); // prettier-ignore
    expect(agreements([partitions[0], partitions[0]])).to.deep.equal([{ pair: [0, 1], f: 1, splits: [] }]);
  });
});

describe('the page', () => {
  const noise = Int32Array.from({ length: 4000 }, (_, i) => Math.imul(i + 1, 2654435761));
  const pipeline = (name: string) =>
    ({ name, labels: packIntegers(noise), fits: packIntegers(noise), forest: { places: packIntegers(noise), bridges: packIntegers(noise), scores: packIntegers(noise) } }) as unknown as PipelineData; // prettier-ignore
  const data = (given: Partial<ReportData> = {}): ReportData => ({
    l2c: '0',
    title: 'title',
    instances: 4000,
    comparison: { columns: [], rows: [] },
    pipelines: [pipeline('a'), pipeline('b')],
    failed: [],
    agreement: [],
    notes: [],
    ...given, // prettier-ignore
  });

  it('leaves out links first, those of later pipelines before others, and says so', () => {
    const whole = JSON.stringify(data()).length;
    expect(fitInto(data(), whole).notes).to.deep.equal([]);
    const part = packIntegers(noise).data.length;
    const fitted = fitInto(data(), whole - part);
    expect(fitted.pipelines.map(({ forest }) => forest !== undefined)).to.deep.equal([true, false]);
    expect(fitted.pipelines.every(({ labels, fits }) => labels !== undefined && fits !== undefined)).to.equal(true);
    expect(fitted.notes[0]).to.include('links between faces (b)').and.not.include('(a)');
    const bare = fitInto(data({ ids: packText(['x']) }), 500);
    expect(bare.pipelines.every(({ labels, forest }) => labels === undefined && forest === undefined)).to.equal(true);
    expect(bare.notes[0]).to.include('which face is where (a, b)');
  });

  it('shows the pairs of many pipelines that differ most, and names some of those that lack a part', () => {
    const partitions = Array.from({ length: 40 }, (_, p) =>
      toLabels(Array.from({ length: 60 }, (_, i) => (i < p ? i : 60))),
    );
    const found = agreements(partitions);
    expect(found).to.have.length(100);
    expect(found[0].pair).to.deep.equal([0, 39]);
    expect(found.every(({ f }, i) => i === 0 || f >= found[i - 1].f)).to.equal(true);
    expect(found.every(({ splits }) => splits.length > 0)).to.equal(true);
    const pipelines = Array.from({ length: 40 }, (_, p) => pipeline(`p${p}`));
    const [note] = fitInto(data({ pipelines }), 500).notes;
    expect(note).to.include('which face is where (p0, p1, p2, p3, p4 and 35 more)');
  });

  it('is never larger than it may be, whatever is in the run', async () => {
    const random = createRandom(2);
    const large = packIntegers(Int32Array.from({ length: 300_000 }, () => random.integer(2 ** 31)));
    const list = { ids: large, sizes: large, similarities: large, nearest: large, nearestSimilarities: large };
    const pipelines = ['a', 'b', 'c'].map((name) => ({ ...pipeline(name), clusters: list, labels: large, fits: large, sizes: { predicted: [] } })); // prettier-ignore
    const fitted = fitInto(data({ title: 'ü', truth: large, ids: packText(['x']), pipelines }));
    expect(fitted.pipelines.map(({ clusters }) => clusters !== undefined)).to.deep.equal([true, false, false]);
    expect(fitted.truth).to.equal(undefined);
    expect(fitted.ids).not.to.equal(undefined);
    expect(fitted.notes.join()).to.include('the list of clusters (b, c)').and.include('identities of faces');
    const page = await reportPage({ data: fitted, thumbnails: [] });
    expect(Buffer.byteLength(page)).below(10_000_000).and.above(7_000_000);
  });

  it('holds what is large behind its program, whole', async () => {
    const random = createRandom(1);
    const large = packIntegers(Int32Array.from({ length: 60_000 }, () => random.integer(2 ** 31)));
    expect(large.data.length).above(100_000);
    const page = await reportPage({ data: data({ truth: large }), thumbnails: ['AAAA', 'BBBB'] });
    const [, json] = /id="data">([^]*?)<\/script>/.exec(page)!;
    expect((JSON.parse(json) as ReportData).truth).to.deep.equal({ ...large, data: '#0' });
    expect(json.length).below(large.data.length);
    expect(/id="part-0">([^]*?)<\/script>/.exec(page)![1]).to.equal(large.data);
    expect(/id="thumbnails">([^]*?)<\/script>/.exec(page)![1]).to.equal('AAAA\nBBBB');
    expect(page.indexOf('id="part-0"')).above(page.lastIndexOf('<script>'));
  });

  it('holds nothing of the user as markup, and lets nothing else run', async () => {
    const evil = '</script><img src=x onerror=alert(1)>&"';
    const page = await reportPage({ data: data({ title: evil, notes: [evil] }), thumbnails: [] });
    expect(page).not.to.include('<img').and.not.include('</script><');
    expect(page).to.include('<title>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&amp;&quot;</title>');
    const [, json] = /id="data">([^]*?)<\/script>/.exec(page)!;
    expect((JSON.parse(json) as ReportData).notes).to.deep.equal([evil]);
    expect(page.match(/<script/g)).to.have.length(3);
    expect(page).to.match(
      /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:;/,
    );
    expect(page).not.to.match(/(src|href)="(https?:)?\/\//);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { deflateSync, crc32 } from 'node:zlib';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { clusterFaces } from '../../../src/cluster/cluster-faces.js';
import { runFiles } from '../../../src/pipeline/run-files.js';
import { reportFile } from '../../../src/report/html/report-file.js';
import { dataYaml, quietRun, Sandbox } from '../../pipeline/sandbox.js';
import { chromiumPath, openBrowser, openReport } from './browser.js';

const evil = '<img src=x onerror="document.title=\'owned\'">';
const links = 'knnBuilder: { type: exact, k: 12 }\n    proposalGenerator: knn-edges\n';
const two = `pipelines:
  loose:
    ${links}    deoverlapper: { type: connected-components, threshold: -0.9 }
  tight:
    ${links}    deoverlapper: { type: connected-components, threshold: auto }
`;

const failing = `export default { name: 'failing', version: '1.0.0', stages: [{
  kind: 'scorer', type: 'dice', version: 1, summary: 'Fails.', proposals: 'edges', knn: false, truth: false, vertices: false, gives: [],
  trainable: false, options: { type: 'object', additionalProperties: false, properties: {} }, check: async () => [],
  create: () => ({ score() { throw new Error('no <i>luck'); } }),
}] };
`;

/** A grey PNG of one pixel. */
function pixel(): Uint8Array {
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const start = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(Uint8Array.of(0, 128))), chunk('IEND', new Uint8Array(0))]); // prettier-ignore
}

describe('report.html in a browser', function () {
  const box = new Sandbox();
  const plain = box.file('plain/report.html');
  const pictured = box.file('runs/report.html');
  let browser: Browser;

  before(async function () {
    if (chromiumPath === undefined) this.skip();
    box.faces({ identities: 6, size: 12, noise: 0.5 });
    const ids = Array.from({ length: 72 }, (_, i) => (i === 3 ? evil : `face ${i}`));
    box.write('ids.txt', ids.join('\n'));
    for (let i = 0; i < 72; i++) if (i !== 5) box.write(`photos #1/${i}%20.png`, pixel());
    await runFiles([box.write('plain.yaml', dataYaml + two)], quietRun({ output: box.file('plain') }));
    const data = dataYaml.replace(' }', ", ids: ids.txt, images: 'photos #1/{row}%20.png' }");
    const { warnings } = quietRun();
    const options = quietRun();
    await runFiles([box.write('pictured.yaml', data + two)], options);
    expect(warnings.concat(options.warnings).filter((warning) => warning.includes('report'))).to.deep.equal([]);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    box.remove();
  });

  it('opens without a complaint or a request, in both themes, and as wide as a phone', async () => {
    for (const options of [{}, { dark: true }, { width: 390, height: 800 }]) {
      const { page, complaints, requests } = await openReport(browser, plain, options);
      await page.waitForSelector('.u-over');
      expect(complaints).to.deep.equal([]);
      expect(requests).to.deep.equal([]);
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect(wide, JSON.stringify(options)).to.equal(false);
      const [text, back] = await page.evaluate<[string, string]>('[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]'); // prettier-ignore
      expect(contrast(text, back)).above(7);
      expect(await page.locator('figure').count()).to.equal(3);
      await page.close();
    }
  });

  it('sorts the comparison by its headings, with the keyboard too', async () => {
    const { page } = await openReport(browser, plain);
    const names = () => page.locator('#comparison tbody th').allTextContents();
    expect(await names()).to.deep.equal(['loose', 'tight']);
    const heading = page.locator('#comparison thead button', { hasText: 'bcubed f' }).first();
    await heading.focus();
    await page.keyboard.press('Enter');
    expect(await names()).to.deep.equal(['tight', 'loose']);
    expect(await page.locator('#comparison th[aria-sort]').getAttribute('aria-sort')).to.equal('descending');
    await page.keyboard.press('Enter');
    expect(await names()).to.deep.equal(['loose', 'tight']);
    expect(await page.locator('#comparison .best').count()).above(5);
    await page.close();
  });

  it('says in words what a stage recorded of its threshold', async () => {
    const { page } = await openReport(browser, plain);
    await page.selectOption('#chosen', { label: 'tight' });
    await page.locator('.flow dd', { hasText: 'stable' }).waitFor({ state: 'attached' });
    const said = await page.locator('.flow dd').allTextContents();
    expect(said.filter((text) => text.includes('stable'))).to.have.length(1);
    expect(said.find((text) => text.includes('stable'))).to.match(
      /^-?\d[\d.]* \(\d+\.\d % stable, much the same from -?\d[\d.]* to -?\d[\d.]*\)/,
    );
    await page.close();
  });

  it('searches the clusters, opens one, and explains two of its faces', async () => {
    const { page, complaints } = await openReport(browser, pictured);
    await page.selectOption('#chosen', { label: 'tight' });
    const rows = page.locator('#clusters tbody tr');
    await page.locator('#clusters .note', { hasText: /^6 clusters/ }).waitFor();
    const found = page.locator('#clusters .note', { hasText: '1 cluster of two faces or more found' });
    for (const text of ['face 30', 'onerror']) {
      await page.fill('#clusters input', '');
      await page.locator('#clusters .note', { hasText: /^6 clusters/ }).waitFor();
      await page.fill('#clusters input', text);
      await found.waitFor();
      expect(await rows.count()).to.equal(1);
    }
    await rows.locator('th button').press('Enter');
    const faces = page.locator('dialog .faces .face');
    expect(await faces.count()).to.equal(12);
    expect(await faces.allTextContents()).to.satisfy((all: string[]) => all.some((text) => text.includes(evil)));
    await faces.nth(0).press('Enter');
    await faces.nth(11).press(' ');
    const verdict = page.locator('dialog .pair');
    expect(await verdict.textContent()).to.match(/Together, in cluster 0\. The weakest of \d+ links? between them scores 0\.\d{3}/); // prettier-ignore
    const stages = await verdict.locator('.decisions').textContent();
    expect(stages).to.match(/knnBuilder exactface \d+ is neighbour \d+ of face \d+; face \d+ is /);
    expect(stages).to.match(
      /proposalGenerator knn-edgeslinks .*deoverlapper connected-componentsputs both into cluster 0; threshold is/,
    );
    expect(await verdict.locator('tbody .best').textContent()).to.include('weakest');
    expect(await page.locator('dialog [aria-pressed=true]').count()).to.equal(2);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog').isVisible()).to.equal(false);
    expect(await page.title()).to.include('/runs');
    expect(complaints.filter((text) => !text.includes('ERR_FILE_NOT_FOUND'))).to.deep.equal([]);
    await page.close();
  });

  it('reads images where they lie, when their faces come into view, and says which are not there', async () => {
    const { page, requests } = await openReport(browser, pictured);
    expect(requests).to.deep.equal([]);
    await page.selectOption('#chosen', { label: 'tight' });
    await page.locator('#clusters tbody th button', { hasText: /^0$/ }).click();
    await page.waitForSelector('dialog .lost');
    expect(await page.locator('dialog .lost').count()).to.equal(1);
    const loaded = "[...document.querySelectorAll('dialog img')].filter((image) => image.naturalWidth === 1).length";
    for (let tries = 0; tries < 50 && (await page.evaluate(loaded)) !== 11; tries++) await page.waitForTimeout(100);
    expect(await page.evaluate(loaded)).to.equal(11);
    expect(requests.every((address) => address.endsWith('%2520.png'))).to.equal(true);
    await page.close();
  });

  it('explains two faces by name, says which is not there, and lists where pipelines differ', async () => {
    const { page } = await openReport(browser, pictured);
    const [first, second] = [page.locator('#explain input').nth(0), page.locator('#explain input').nth(1)];
    await page.selectOption('#chosen', { label: 'tight' });
    await page.locator('#stages h2', { hasText: 'tight' }).waitFor();
    await first.fill('face 0');
    await second.fill('nobody');
    await second.press('Enter');
    await page.locator('#explain [role=status]', { hasText: 'There is no face "nobody".' }).waitFor();
    await second.fill('71');
    await second.press('Enter');
    await page.waitForSelector('dialog .pair');
    expect(await page.locator('dialog .pair').textContent()).to.include('Apart: clusters 0 and 5.');
    await page.keyboard.press('Escape');
    expect(await page.locator('#agreement li').first().textContent()).to.match(
      /^loose: 72 faces together in cluster 0; tight: 12 in cluster 0/,
    );
    await page.locator('#agreement li button').first().click();
    await page.waitForSelector('dialog .faces .face');
    expect(await page.locator('dialog h2').textContent()).to.equal('Cluster 0 (loose)');
    await page.close();
  });

  it('opens a doubtful cluster in its parts, and two clusters that may be one person', async () => {
    const { page, complaints } = await openReport(browser, plain);
    const groups = () =>
      page.evaluate<number[]>(
        "[...document.querySelectorAll('dialog .faces')].map(({ childElementCount }) => childElementCount)",
      );
    await page.locator('#review .queues > div').first().locator('tbody th button').first().click();
    await page.waitForSelector('dialog .faces .face');
    const [first, second] = await groups();
    const titles = await page.locator('dialog h3').allTextContents();
    expect(titles).to.deep.equal([`The one part: ${first} faces`, `The other: ${second} faces`]);
    expect(first + second).to.equal(72);
    expect(await page.locator('dialog .face.other').count()).to.equal(72 - 12 - 12);
    expect(await page.locator('dialog p').first().textContent()).to.match(/16\.7 % of its faces are of identity \d, all of/); // prettier-ignore
    await page.keyboard.press('Escape');
    await page.selectOption('#chosen', { label: 'tight' });
    await page.locator('#stages h2', { hasText: 'tight' }).waitFor();
    await page.locator('#review .queues > div').last().locator('tbody th button').first().click();
    await page.waitForSelector('dialog .faces .face');
    expect(await groups()).to.deep.equal([12, 12]);
    for (const group of [0, 1]) await page.locator('dialog .faces').nth(group).locator('.face').first().click();
    await page.waitForSelector('dialog .pair');
    expect(await page.locator('dialog .pair').textContent()).to.include('Apart: clusters');
    expect(complaints).to.deep.equal([]);
    await page.close();
  });

  it('says how good clusters seem without labels, also where it is written again', async () => {
    const output = box.file('people');
    await clusterFaces(box.file('features.bin'), { ...quietRun(), dim: 16, output, settings: [] });
    const estimate = { value: 0.987, error: 0.01 };
    const both = { precision: estimate, recall: estimate };
    const record = box.file('people/clusters/metrics.json');
    const known = JSON.parse(readFileSync(record, 'utf8')) as object;
    writeFileSync(record, JSON.stringify({ ...known, estimateWithoutLabels: { bcubed: both, pairwise: both } }));
    await reportFile(output, { ...quietRun(), curve: false, thumbnails: false });
    const { page } = await openReport(browser, box.file('people/report.html'));
    expect(await page.locator('#comparison .judgement').textContent()).to.match(
      /^Estimated without labels: BCubed precision 98\.7 % and recall 98\.7 %/,
    );
    expect(await page.locator('#comparison h2').textContent()).to.equal('Result');
    await page.close();
  });

  it('says which pipelines failed and why, beside those that did not, and where all did', async () => {
    const at = (folder: string) => box.file(`${folder}/report.html`);
    box.write('failing.mjs', failing);
    const data = `plugins: [./failing.mjs]\n${dataYaml}`;
    const torn = `  torn:\n    ${links}    scorer: failing/dice\n    deoverlapper: connected-components\n`;
    for (const [folder, yaml] of Object.entries({ some: two + torn, none: `pipelines:\n${torn}` }))
      await runFiles([box.write(`${folder}.yaml`, data + yaml)], quietRun({ output: box.file(folder) })).catch(
        () => undefined,
      );
    for (const [folder, sections] of Object.entries({ some: 8, none: 1 })) {
      const { page, complaints } = await openReport(browser, at(folder));
      const text = await page.locator('#failed').textContent();
      expect(text).to.include('torn').and.include('scorer failing/dice').and.include('no <i>luck');
      expect(await page.locator('section').count()).to.equal(sections);
      expect(await page.locator('nav a').count()).to.equal(await page.locator('section').count());
      expect(complaints).to.deep.equal([]);
      await page.close();
    }
  });

  it('holds thumbnails instead, where it was told to', async () => {
    const options = { ...quietRun(), curve: false, thumbnails: true };
    const { report } = await reportFile(box.file('runs'), options);
    const { page, requests, complaints } = await openReport(browser, report);
    expect(await page.locator('aside').textContent()).to.match(/1 image can't be read: \S.*photos #1\/5%20\.png/);
    await page.selectOption('#chosen', { label: 'tight' });
    await page.locator('#clusters tbody th button', { hasText: /^1$/ }).click();
    await page.waitForSelector('dialog img');
    const loaded = "[...document.querySelectorAll('dialog img')].filter((image) => image.naturalWidth === 1 && image.src.startsWith('data:')).length"; // prettier-ignore
    for (let tries = 0; tries < 50 && (await page.evaluate(loaded)) !== 12; tries++) await page.waitForTimeout(100);
    expect(await page.evaluate(loaded)).to.equal(12);
    expect([...requests, ...complaints].filter((text) => !text.startsWith('data:image/webp'))).to.deep.equal([]);
    await page.close();
    const without = await reportFile(box.file('plain'), options).catch((caught: unknown) => caught);
    expect(without)
      .to.have.property('message')
      .that.matches(/^--thumbnails: the run knows of no images; give data\.images/);
  });

  it('is one file, smaller than it need be', () => {
    expect(readFileSync(plain).length).below(200_000);
  });
});

/** WCAG 2 contrast of two opaque `rgb()` colours. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red, green, blue] = colour.match(/\d+/g)!.map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

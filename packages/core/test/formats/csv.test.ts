import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { csvRecords, type Separator } from '../../src/formats/csv.js';
import { withInput } from '../../src/formats/input-file.js';
import { refused, temporaryFolder } from './temporary.js';

describe('csvRecords', () => {
  const folder = temporaryFolder();

  async function records(text: string, separator?: Separator): Promise<[number, ...string[]][]> {
    const path = folder.path('a.csv');
    writeFileSync(path, text);
    const found: [number, ...string[]][] = [];
    await withInput(path, async (file, size) => {
      for await (const some of csvRecords(file, size, path, separator)) {
        for (const record of some) found.push([record.line, ...record.fields()]);
      }
    });
    return found;
  }

  it('reads quoted fields, any line ends, and no blank lines', async () => {
    const text = '\uFEFFa,"b ""c""",\r\n\n"1\n2",3,"4,5"\nlast';
    expect(await records(text)).to.deep.equal([
      [1, 'a', 'b "c"', ''],
      [3, '1\n2', '3', '4,5'],
      [5, 'last'],
    ]);
    expect(await records('')).to.deep.equal([]);
    expect(await records('"",""\n')).to.deep.equal([[1, '', '']]);
  });

  it('takes the separator that the first line shows', async () => {
    expect(await records('a;b,c;d\n')).to.deep.equal([[1, 'a', 'b,c', 'd']]);
    expect(await records('a\tb\n1,2\t3')).to.deep.equal([
      [1, 'a', 'b'],
      [2, '1,2', '3'],
    ]);
    expect(await records('a;b;c,d', ',')).to.deep.equal([[1, 'a;b;c', 'd']]);
  });

  it('reads across chunks, letters of several bytes and quotes included', async () => {
    const row = `ä,"${'é\n'.repeat(500)}""",z`;
    const found = await records(`${row}\n`.repeat(5000));
    expect(found.length).to.equal(5000);
    expect(found[4999]).to.deep.equal([1 + 4999 * 501, 'ä', `${'é\n'.repeat(500)}"`, 'z']);
  });

  it('refuses quotes that are none', async () => {
    await refused(() => records('a\n"b\nc'), 'E_FILE', /a\.csv:2: a quote is opened and never closed/);
    await refused(() => records('a,b\n"c"d,e'), 'E_FILE', /a\.csv:2: there is text behind a closed quote/);
  });
});

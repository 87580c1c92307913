import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderChange, finishChange } from '../../src/formats/folder-change.js';
import { refused, temporaryFolder } from './temporary.js';

describe('FolderChange', () => {
  const temporary = temporaryFolder();
  let count = 0;
  let folder = '';
  beforeEach(() => {
    folder = temporary.path(String(count++));
    mkdirSync(join(folder, 'inner'), { recursive: true });
    writeFileSync(join(folder, 'inner/a'), 'old');
    writeFileSync(join(folder, 'own'), 'stays');
  });

  const content = (name: string): string => readFileSync(join(folder, name), 'utf8');

  async function staged(): Promise<FolderChange> {
    const change = await FolderChange.begin(folder);
    writeFileSync(await change.path('inner', 'a'), 'new');
    writeFileSync(await change.path('b'), 'b');
    return change;
  }

  it('moves all files to their places at once, and leaves others alone', async () => {
    const change = await staged();
    expect([content('inner/a'), existsSync(join(folder, 'b'))]).to.deep.equal(['old', false]);
    await change.commit();
    await change.abandon();
    expect([content('inner/a'), content('b'), content('own')]).to.deep.equal(['new', 'b', 'stays']);
    expect(readdirSync(folder).sort()).to.deep.equal(['b', 'inner', 'own']);
  });

  it('leaves everything as it was when abandoned', async () => {
    await (await staged()).abandon();
    expect(content('inner/a')).to.equal('old');
    expect(readdirSync(folder).sort()).to.deep.equal(['inner', 'own']);
  });

  it('completes what was decided before its process was killed, half moved or not', async () => {
    await staged();
    const [name] = readdirSync(folder).filter((entry) => entry.endsWith('.tmp'));
    renameSync(join(folder, name), join(folder, '.l2c-change'));
    renameSync(join(folder, '.l2c-change/b'), join(folder, 'b'));
    await finishChange(folder);
    expect([content('inner/a'), content('b')]).to.deep.equal(['new', 'b']);
    expect(readdirSync(folder).sort()).to.deep.equal(['b', 'inner', 'own']);
  });

  it('removes what a dead process left undecided, and not what a living one writes', async () => {
    const change = await staged();
    mkdirSync(join(folder, '.l2c-change.999999999-ab.tmp'));
    await finishChange(folder);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp')).length).to.equal(1);
    await change.commit();
    expect(content('inner/a')).to.equal('new');
  });

  it('refuses a folder it can not write to', async () => {
    await refused(() => FolderChange.begin(join(folder, 'own')), 'E_OUTPUT', /own/);
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { hashFile, outputError, writeAtomic, writeThrough } from '../../src/formats/atomic.js';
import type { L2cError } from '../../src/errors.js';
import { refused, temporaryFolder } from './temporary.js';

describe('atomic writing', () => {
  const folder = temporaryFolder();
  const files = () => readdirSync(folder.path('.')).filter((name) => name.endsWith('.tmp'));

  it('writes text, bytes and pieces, and replaces what was there', async () => {
    const path = folder.path('a');
    await writeAtomic(path, 'größe');
    expect(readFileSync(path, 'utf8')).to.equal('größe');
    await writeAtomic(path, Uint8Array.of(1, 2));
    expect([...readFileSync(path)]).to.deep.equal([1, 2]);
    await writeAtomic(
      path,
      (async function* () {
        yield Uint8Array.of(1);
        yield Uint8Array.of(2, 3);
      })(),
    );
    expect([...readFileSync(path)]).to.deep.equal([1, 2, 3]);
    await writeAtomic(path, new Uint8Array(new SharedArrayBuffer(3)).fill(9));
    expect([...readFileSync(path)]).to.deep.equal([9, 9, 9]);
    expect(files()).to.deep.equal([]);
  });

  it('keeps the old file and removes the temporary one when the source fails', async () => {
    const path = folder.path('kept');
    writeFileSync(path, 'old');
    let temporary: string[] = [];
    const failing = (function* () {
      yield Uint8Array.of(1);
      temporary = files();
      throw new RangeError('source failed');
    })();
    const error = await writeAtomic(path, failing).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(RangeError);
    expect(temporary).to.have.length(1);
    expect(readFileSync(path, 'utf8')).to.equal('old');
    expect(files()).to.deep.equal([]);
  });

  it('removes the temporary file and says why when the disk is full', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    await refused(
      () => writeThrough(folder.path('full'), () => Promise.reject(full)),
      'E_OUTPUT',
      /full: the disk is full; free some space/,
    );
    expect(files()).to.deep.equal([]);
  });

  it('says what is wrong with a path, and the way out', async () => {
    await refused(
      () => writeAtomic(folder.path('absent/a'), ''),
      'E_OUTPUT',
      /its folder does not exist; create the folder/,
    );
    writeFileSync(folder.path('file'), '');
    await refused(() => writeAtomic(folder.path('file/a'), ''), 'E_OUTPUT', /lies below a file/);
    mkdirSync(folder.path('folder'));
    await refused(() => writeAtomic(folder.path('folder'), ''), 'E_OUTPUT', /is a folder/);
    const errorOf = (code: string) =>
      outputError('x', Object.assign(new Error(code), { code, syscall: 'open' })) as L2cError;
    expect(errorOf('EACCES').message).to.match(/^x: may not be written; give yourself write permission/);
    expect(errorOf('EROFS').message).to.match(/read-only disk; write elsewhere/);
    expect(errorOf('EIO').message).to.match(/can't be written: EIO/);
    expect(errorOf('EIO').exitCode).to.equal(1);
    const bug = new TypeError('bug');
    expect(outputError('x', bug)).to.equal(bug);
  });

  it('hashes files of several chunks', async () => {
    const bytes = Buffer.alloc(5_000_000, 'l2c');
    writeFileSync(folder.path('big'), bytes);
    expect(await hashFile(folder.path('big'))).to.equal(createHash('sha256').update(bytes).digest('hex'));
    await refused(() => hashFile(folder.path('none')), 'E_FILE', /no such file/);
  });
});

import { expect } from 'chai';
import { L2cError } from '../../src/errors.js';
import { parsePipelineDocument, readPipelineDocument } from '../../src/pipeline/document.js';

const parse = (text: string, settings: string[] = []) => parsePipelineDocument(text, '/p/pipeline.yaml', settings);

describe('pipeline document', () => {
  it('knows the line and column of a value and of the key in front of it', () => {
    const document = parse('data:\n  features: a.bin\n  dim: 4\n');
    expect(document.placeOf(['data', 'dim'])).to.match(/pipeline\.yaml:3:8 data\.dim$/);
    expect(document.placeOf(['data', 'dim'], true)).to.match(/pipeline\.yaml:3:3 data\.dim$/);
  });

  it('that is not there says where to read how to write one', () => {
    expect(() => readPipelineDocument('/nowhere/nothere.yaml'))
      .to.throw(L2cError, '/nowhere/nothere.yaml: no such file; ')
      .with.property('message')
      .that.includes('docs/pipelines.md');
  });

  it('is no flood of problems where the file is none', () => {
    const caught = (text: string): L2cError => {
      try {
        parse(text);
      } catch (error) {
        return error as L2cError;
      }
      throw new Error('was taken');
    };
    const bytes = Buffer.from(Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i)).buffer);
    expect(caught(bytes.toString('utf8')).message).to.match(
      /pipeline\.yaml: is no text; give a pipeline file, in UTF-8/,
    );
    const { problems } = caught('a: 1\n'.repeat(400));
    expect(problems).to.have.length(10);
    expect(problems[9].wayOut).to.match(/mend the YAML; \d+ more are not shown/);
    expect(problems.every(({ code, fact }) => code === 'E_YAML' && fact.length <= 200)).to.equal(true);
  });

  it('places what is absent at the nearest ancestor', () => {
    expect(parse('data:\n  dim: 4\n').placeOf(['data', 'features'])).to.match(/:2:3 data\.features$/);
  });

  it('follows aliases and merge keys to where the value is written', () => {
    const document = parse('a: &k\n  type: exact\n  k: 80\nb: *k\nc:\n  <<: *k\n  k: 3\n');
    expect(document.placeOf(['b', 'k'])).to.match(/:3:6 b\.k$/);
    expect(document.placeOf(['c', 'type'])).to.match(/:2:9 c\.type$/);
    expect(document.placeOf(['c', 'k'])).to.match(/:7:6 c\.k$/);
    expect((document.value as { c: unknown }).c).to.deep.equal({ type: 'exact', k: 3 });
  });

  it('places a value that --set gave at the flag', () => {
    expect(parse('a:\n  b: 1\n', ['a.b=2']).placeOf(['a', 'b'])).to.equal('--set a.b=2');
  });

  it('reports every syntax error with its place', () => {
    try {
      parse('a: [1, 2\nb: }\n');
      expect.fail('accepted');
    } catch (error) {
      expect(error).to.be.instanceOf(L2cError);
      const { problems, exitCode } = error as L2cError;
      expect(problems.length).to.be.greaterThan(0);
      expect(problems[0].code).to.equal('E_YAML');
      expect(problems[0].place).to.match(/pipeline\.yaml:\d+:\d+$/);
      expect(exitCode).to.equal(2);
    }
  });

  it('refuses a --set without "=" and a path into prototypes', () => {
    expect(() => parse('a: 1', ['a'])).to.throw(L2cError, 'PATH=VALUE');
    expect(() => parse('a: 1', ['__proto__.x=1'])).to.throw(L2cError, 'impossible name');
  });

  it('does not expand alias bombs', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++) {
      const [from, to] = ['abcdefghij'[i - 1], 'abcdefghij'[i]];
      lines.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`);
    }
    expect(() => parse(lines.join('\n'))).to.throw(L2cError, 'aliases');
  });
});

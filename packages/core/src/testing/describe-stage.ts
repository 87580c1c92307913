import { AssertionError } from 'node:assert';
import type { StageDefinition } from '../stages/define-stage.js';
import type { Services } from '../stages/services.js';
import type { StageCase } from './stage-input.js';
import { stageChecks, type StageCheck } from './stage-checks.js';
import { testServices } from './test-services.js';
import { trainedCase } from './trained-case.js';

/** What the kit needs of a test runner: mocha's globals, which vitest and jest also offer. */
interface TestRunner {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => Promise<void>) => void;
}

/**
 * The contract suite of a stage, as tests of mocha: one `describe` with the promises every stage of its kind makes,
 * asked once or for each case. Without cases the stage must do with its defaults.
 *
 *     describeStage(kCoreStage, [{}, { options: { core: 3 } }]);
 */
export function describeStage(
  definition: StageDefinition,
  cases: readonly StageCase[] = [{}],
  services?: Partial<Services>,
): void {
  if (cases.length === 0) throw new RangeError(`${definition.type}: describeStage needs at least one case`);
  for (const stageCase of cases) refuseUnknownKeys(definition, stageCase);
  const { describe, it } = testRunner();
  const test = (check: StageCheck, prepare: () => Promise<StageCase>): void =>
    it(check.title, async () => {
      const problems = await check.problems(definition, await prepare(), testServices(services));
      if (problems.length > 0) throw broken(definition, check, problems);
    });
  describe(`${definition.kind} ${definition.type}`, () => {
    const checks = stageChecks.filter((check) => check.applies(definition));
    for (const check of checks) if (check.scope === 'definition') test(check, async () => cases[0]);
    for (const stageCase of cases) {
      // Trained once, when the first test of the case asks for it.
      let ready: Promise<StageCase> | undefined;
      const prepare = (): Promise<StageCase> => (ready ??= trainedCase(definition, stageCase, testServices(services)));
      describe(caseName(stageCase), () => {
        for (const check of checks) if (check.scope === 'case') test(check, prepare);
      });
    }
  });
}

/** A misspelt key would be left out in silence, and the case would test less than its author believes. */
function refuseUnknownKeys(definition: StageDefinition, stageCase: StageCase): void {
  const known = { name: true, options: true, faces: true, input: true, expect: true } satisfies Record<
    keyof StageCase,
    true
  >;
  const unknown = Object.keys(stageCase).find((key) => !(key in known));
  if (unknown === undefined) return;
  throw new RangeError(`${definition.type}: a case has no "${unknown}"; it may have ${Object.keys(known).join(', ')}`);
}

function caseName({ name, options = {} }: StageCase): string {
  if (name !== undefined) return name;
  return Object.keys(options).length === 0 ? 'with its defaults' : `with ${JSON.stringify(options)}`;
}

function broken(definition: StageDefinition, check: StageCheck, problems: readonly string[]): AssertionError {
  const list = problems.map((fact) => `\n  - ${fact}`).join('');
  return new AssertionError({
    message: `${definition.type} breaks "${check.title}":${list}`,
    stackStartFn: describeStage,
  });
}

function testRunner(): TestRunner {
  const { describe, it } = globalThis as unknown as Partial<TestRunner>;
  if (describe === undefined || it === undefined) {
    throw new RangeError('describeStage needs the globals describe and it: run the file with mocha');
  }
  return { describe, it };
}

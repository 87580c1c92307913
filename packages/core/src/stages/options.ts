import { Ajv2020 as Ajv, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { didYouMean } from './did-you-mean.js';
import type { StageDefinition } from './define-stage.js';

/** A fact about a value, at a path inside it. `key` marks that the name of the last segment is what is wrong. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly fact: string;
  readonly wayOut?: string | undefined;
  readonly key?: boolean;
}

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, allowUnionTypes: true, verbose: true });
ajv.addFormat('path', true);
ajv.addFormat('weights', true);

const compiled = new WeakMap<object, ValidateFunction>();

function validator(schema: object): ValidateFunction {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate;
}

/** Checks a value against a schema and fills its defaults in place. Returns every problem, none if it fits. */
export function checkAgainst(schema: object, value: unknown): SchemaProblem[] {
  const validate = validator(schema);
  if (validate(value)) return [];
  return unique(withoutBranches(validate.errors ?? []).map((error) => toProblem(error)));
}

/** The options of a stage with its defaults filled, and what is wrong with them. The input is left as it is. */
export function fillOptions(
  definition: StageDefinition,
  raw: Readonly<Record<string, unknown>>,
): { options: Record<string, unknown>; problems: SchemaProblem[] } {
  const options = structuredClone(raw) as Record<string, unknown>;
  const problems = checkAgainst(definition.options, options);
  return { options, problems };
}

/** Names of options that hold a file or a list of them, by their format: `path` must exist, `weights` may be written by training. */
export function fileOptions(definition: StageDefinition): { name: string; format: 'path' | 'weights' }[] {
  const properties = (definition.options['properties'] ?? {}) as Record<string, FileProperty>;
  return Object.entries(properties).flatMap(([name, property]) => {
    const format = property.format ?? property.items?.format;
    return format === 'path' || format === 'weights' ? [{ name, format }] : [];
  });
}

interface FileProperty {
  readonly format?: string;
  readonly items?: { readonly format?: string };
}

/** A file that is given, and where. */
export interface FileValue {
  readonly name: string;
  readonly format: 'path' | 'weights';
  /** Inside the options: the name, and in a list the place. */
  readonly path: readonly (string | number)[];
  readonly file: string;
}

/** Every file that the options give; an empty name is none. */
export function fileValues(definition: StageDefinition, options: Readonly<Record<string, unknown>>): FileValue[] {
  return fileOptions(definition).flatMap(({ name, format }) => {
    const given = options[name];
    const files: readonly unknown[] = Array.isArray(given) ? given : [given];
    return files.flatMap((file, at): FileValue[] => {
      if (typeof file !== 'string' || file === '') return [];
      return [{ name, format, path: Array.isArray(given) ? [name, at] : [name], file }];
    });
  });
}

/** The options with each file replaced. */
export function withFiles(
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  replace: (file: string) => string,
): Record<string, unknown> {
  const copy = structuredClone(options) as Record<string, unknown>;
  for (const { name, path, file } of fileValues(definition, options)) {
    if (path.length === 1) copy[name] = replace(file);
    else (copy[name] as unknown[])[path[1] as number] = replace(file);
  }
  return copy;
}

/** A union reports every failing branch: keep the line that says what the union takes. */
function withoutBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  return errors.filter((error) => !unions.some((union) => error.schemaPath.startsWith(`${union.schemaPath}/`)));
}

function unique(problems: SchemaProblem[]): SchemaProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const id = `${problem.path.join('/')} ${problem.fact}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

function toProblem(error: ErrorObject): SchemaProblem {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Record<string, unknown>;
  const name = path.at(-1) ?? 'value';
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const unknown = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const parent = error.parentSchema as { properties?: object } | undefined;
      const known = Object.keys(parent?.properties ?? {});
      const fact = path.length === 0 && known.length === 0 ? 'takes no options' : `unknown option`;
      return { path: [...path, unknown], key: true, fact, wayOut: didYouMean(unknown, known) };
    }
    case 'required':
      return { path, fact: `${JSON.stringify(params['missingProperty'])} is missing`, wayOut: `give it a value` };
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String);
      const given = typeof error.data === 'string' ? didYouMean(error.data, allowed) : undefined;
      return {
        path,
        fact: `must be one of ${allowed.join(', ')}`,
        wayOut: given?.startsWith('known') ? undefined : given,
      };
    }
    case 'type':
      return { path, fact: `must be ${list(params['type'])}, got ${describe(error.data)}` };
    case 'anyOf':
    case 'oneOf': {
      const branches: unknown = error.schema;
      const known = Array.isArray(branches) ? branches.map(describeBranch).join(' or ') : 'of another form';
      return { path, fact: `must be ${known}, got ${describe(error.data)}` };
    }
    case 'const':
      return { path, fact: `must be ${JSON.stringify(params['allowedValue'])}` };
    default:
      return { path, fact: `${name} ${error.message ?? 'does not fit'}`.replace(`${name} must`, 'must') };
  }
}

const unescapePointer = (segment: string): string =>
  decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');

function describeBranch(branch: { type?: unknown; const?: unknown; enum?: readonly unknown[] }): string {
  if ('const' in branch) return JSON.stringify(branch.const);
  if (branch.enum !== undefined) return branch.enum.map((value) => JSON.stringify(value)).join(' or ');
  return branch.type === undefined ? 'of another form' : `of type ${list(branch.type)}`;
}

const list = (types: unknown): string => (Array.isArray(types) ? types.join(' or ') : String(types));

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : JSON.stringify(value);
}
